import type { Descriptor } from "@videoms/core";
import type { ModelSettings } from "../network/model_settings.ts";
import type { TeachSettings } from "../teach/teach_settings.ts";

/** Trained weights that the page shows. */
export interface RunSettings {
  /** Name of the run, for people. */
  readonly name: string;
  readonly kind: "pretrain" | "finetune";
  readonly step: number;
  /** Names of classes by label; none for a pre-training. */
  readonly classes: readonly string[];
  /** The tokens that the classifier sees. */
  readonly tokens: Descriptor<"tokens">;
  readonly headScale?: number;
  /** Whether the average of the weights is meant. */
  readonly average: boolean;
}

/** What the page of `studio` starts with, as it is served beside it: `settings.json`. */
export interface StudioSettings {
  readonly model: ModelSettings;
  /** Stride between the frames of a clip. */
  readonly samplingRate: number;
  /** Positions per second that clips are drawn from; null for each frame. */
  readonly fps: number | null;
  readonly seed: number;
  readonly frames: Descriptor<"frames">;
  /** The strategies shown side by side at first. */
  readonly strategies: readonly Descriptor<"masking">[];
  /** Files of the page that export plugins of the user's. */
  readonly plugins: readonly string[];
  /** Null for raw patches. */
  readonly run: RunSettings | null;
  /** How the page teaches; from the weights of the run where there is one. */
  readonly teach: TeachSettings;
}
