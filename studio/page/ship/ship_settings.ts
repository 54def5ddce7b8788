import type { Descriptor } from "@videoms/core";
import type { ModelSettings } from "../network/model_settings.ts";
import type { ClipTask, ViewCounts } from "../views/mod.ts";

/** A classifier as the page of `ship` has it beside it, in `settings.json`. */
export interface ShipSettings {
  /** Name of the run, for people. */
  readonly name: string;
  /** Names of classes by label. */
  readonly classes: readonly string[];
  readonly model: Pick<ModelSettings, "geometry" | "encoder" | "backbone" | "positions">;
  /** Which frames of a video make a clip. */
  readonly clips: ClipTask;
  readonly frames: Descriptor<"frames">;
  /** The tokens that the classifier sees. */
  readonly tokens: Descriptor<"tokens">;
  /** Views over which probabilities are averaged. */
  readonly views: ViewCounts;
  /** Files of the page that export plugins of the user's. */
  readonly plugins: readonly string[];
}
