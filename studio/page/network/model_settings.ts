import type { ClipGeometry, Descriptor } from "@videoms/core";
import type { StackOptions } from "@videoms/models";

/** A stack of blocks as plain JSON: backbone and positions are named, not made. */
export type StackSettings = Omit<StackOptions, "backbone" | "positions">;

/** The network of a page, as plain JSON. */
export interface ModelSettings {
  readonly geometry: ClipGeometry;
  readonly encoder: StackSettings;
  readonly backbone: Descriptor<"backbone">;
  readonly positions: Descriptor<"positions">;
  /** Of the autoencoder that is pre-trained, whose cost is told. */
  readonly decoder: StackSettings;
  readonly objective: Descriptor<"objective">;
}
