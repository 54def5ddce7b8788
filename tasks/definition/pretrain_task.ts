import type { Descriptor } from "@videoms/core";
import { dense, motionCentric } from "@videoms/masking";
import { pixels } from "@videoms/models";
import { added, choice, free, number, plugin, whole } from "./field.ts";
import { defineTask, type FieldTable, type Given, withDefaults } from "./field_table.ts";
import {
  type ClipData,
  ENCODER_FIELDS,
  type EncoderModel,
  RUN_FIELDS,
  type RunStart,
  type RunTask,
  START_FIELDS,
} from "./run_task.ts";

/** The network of a pre-training run and the clip that it sees. */
export interface PretrainModel extends EncoderModel {
  /** Width of a decoder token; null takes it from `size`. */
  decoderWidth: number | null;
  /** Decoder blocks. */
  decoderDepth: number;
  /** Attention heads of a decoder block; null takes it from `size`. */
  decoderHeads: number | null;
  /** Added to the variance in the norm after the decoder's blocks; null takes `normEpsilon`. */
  decoderFinalNormEpsilon: number | null;
}

/** Where clips come from. */
export interface PretrainData extends ClipData {
  /** Box of a training clip: multi-scale as in the paper, or the largest centred square. */
  crop: "multi-scale" | "centre";
  /** Held-out clips in the pictures and in the report. */
  heldOutClips: number;
}

/** A pre-training run: everything that its result depends on, as plain JSON. */
export interface PretrainTask extends RunTask {
  kind: "pretrain";
  model: PretrainModel;
  start: RunStart;
  data: PretrainData;
  /** Plugin that chooses the frames of a clip. */
  frames: Descriptor<"frames">;
  /** Plugin that chooses visible and target tokens. */
  masking: Descriptor<"masking">;
  /** Plugin that says what the decoder predicts. */
  objective: Descriptor<"objective">;
  /** Epochs from one picture to the next; 0 for only one, at the end. */
  pictureEvery: number;
}

/** What a task file says of a pre-training run; the rest has the paper's values. */
export type PretrainOptions = Omit<Given<PretrainTask>, "kind">;

const { name, seed, data, optimizer, ...course } = withDefaults(RUN_FIELDS, {
  name: "pretrain",
  optimizer: { minLr: 1e-5, warmupEpochs: 40, betas: [0.9, 0.95] },
  epochs: 3200,
  batch: 192,
  checkpointEvery: 100,
  keepCheckpoints: 2,
});

/**
 * The fields of a pre-training: on UCF101 as published, with the whole batch of 192 clips in one place
 * (paper, section 4; the reference system's scripts).
 */
export const PRETRAIN_FIELDS: FieldTable<PretrainTask> = {
  kind: choice("pretrain", ["pretrain"]),
  name,
  seed,
  model: {
    ...ENCODER_FIELDS,
    decoderWidth: whole(null, { from: 1 }),
    decoderDepth: whole(4, { from: 0 }),
    decoderHeads: whole(null, { from: 1 }),
    decoderFinalNormEpsilon: added(number(null, { above: 0 })),
  },
  start: START_FIELDS,
  data: {
    ...data,
    crop: choice("multi-scale", ["multi-scale", "centre"]),
    heldOutClips: whole(8, { from: 0 }),
  },
  frames: plugin(dense()),
  masking: plugin(motionCentric()),
  objective: plugin(pixels()),
  optimizer,
  ...course,
  pictureEvery: free(whole(0, { from: 0 })),
};

/**
 * A pre-training task: the given fields over the published values, frozen.
 *
 * Values are checked by {@linkcode checkTask} once the command line has had its say.
 *
 * @throws {TypeError} for an unknown field, naming the nearest known one
 * @example
 * ```ts
 * import { definePretrain } from "@videoms/tasks";
 * import { tube } from "@videoms/masking";
 *
 * const task = definePretrain({
 *   name: "tube",
 *   masking: tube({ maskRatio: 0.75 }),
 *   optimizer: { lr: 3e-4 },
 * });
 * console.assert(task.optimizer.minLr === 1e-5 && task.masking.name === "tube");
 * ```
 */
export function definePretrain(options: PretrainOptions = {}): PretrainTask {
  return defineTask(PRETRAIN_FIELDS, options);
}
