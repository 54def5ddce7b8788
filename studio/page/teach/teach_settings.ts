import type { Descriptor } from "@videoms/core";
import type { Initialization } from "@videoms/models";
import type { ModelSettings } from "../network/model_settings.ts";
import type { ScheduledTask, SubjectOptions } from "../train/mod.ts";

/** What training in a page reads of a task; the task itself is a whole one, which goes into files as it is. */
export interface StageTask extends ScheduledTask {
  readonly name: string;
  readonly seed: number;
  readonly data: { readonly samplingRate: number; readonly fps: number | null };
  readonly frames: Descriptor<"frames">;
  readonly optimizer: ScheduledTask["optimizer"] & SubjectOptions["optimizer"] & {
    readonly clipGradient: number | null;
  };
}

/** What it reads of a pre-training. */
export interface PretrainStageTask extends StageTask {
  readonly masking: Descriptor<"masking">;
  readonly objective: Descriptor<"objective">;
}

/** What it reads of a fine-tuning. */
export interface FinetuneStageTask extends StageTask {
  readonly model: { readonly headScale: number; readonly initialization: Initialization };
  readonly tokens: Descriptor<"tokens">;
  readonly augmentation: Descriptor<"augmentation">;
  readonly objective: { readonly smoothing: number };
  readonly optimizer: StageTask["optimizer"] & { readonly layerDecay: number };
}

/** How a page teaches, as plain JSON. */
export interface TeachSettings {
  readonly model: ModelSettings;
  readonly pretrain: PretrainStageTask;
  readonly finetune: FinetuneStageTask;
}
