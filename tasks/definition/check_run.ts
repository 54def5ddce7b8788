import { tokenGrid } from "@videoms/core";
import { MODEL_SIZES } from "@videoms/models";
import type { EncoderModel, RunTask } from "./run_task.ts";

/** Refuses a task: "Cannot pre-train: …". */
export type Refuse = (rule: string) => never;

/** {@linkcode Refuse} for what a task is to do, such as "pre-train". */
export function refuser(act: string): Refuse {
  return (rule) => {
    throw new RangeError(`Cannot ${act}: ${rule}`);
  };
}

/** Checks that the sizes of a clip fit each other, and that heads divide the width. */
export function checkEncoder(model: EncoderModel, refuse: Refuse): void {
  try {
    const { frames, tubeletSize, imageSize, patchSize } = model;
    tokenGrid({ frames, tubeletSize, imageSize, patchSize });
  } catch (error) {
    refuse(`the sizes under "model" must fit each other, got: ${(error as Error).message}`);
  }
  checkHeads(model, "", refuse);
}

/** Checks that heads divide a width; `part` is "" for the encoder, "decoder" for the decoder. */
export function checkHeads(
  model: EncoderModel & { decoderWidth?: number | null; decoderHeads?: number | null },
  part: "" | "decoder",
  refuse: Refuse,
): void {
  const size = MODEL_SIZES[model.size];
  const [headsField, widthField] = part === ""
    ? ["heads", "width"] as const
    : ["decoderHeads", "decoderWidth"] as const;
  const heads = model[headsField] ?? size[headsField];
  const width = model[widthField] ?? size[widthField];
  if (width % heads !== 0) {
    refuse(`model.${headsField} must divide model.${widthField}, got ${heads} and ${width}`);
  }
  if (width % 2 !== 0) {
    refuse(
      `model.${widthField} must be even (positions are pairs of sine and cosine), got ${width}`,
    );
  }
}

/** Checks the learning rates, the warm-up and the precision of a run. */
export function checkRun(
  { optimizer, epochs, steps, precision, backend }: RunTask,
  refuse: Refuse,
): void {
  const { lr, minLr, warmupLr, warmupEpochs, warmupSteps } = optimizer;
  if (minLr > lr) refuse(`optimizer.minLr must not exceed optimizer.lr, got ${minLr} and ${lr}`);
  if (warmupLr > lr) {
    refuse(`optimizer.warmupLr must not exceed optimizer.lr, got ${warmupLr} and ${lr}`);
  }
  const advice = "Shorten the warm-up or lengthen the run";
  // How many steps an epoch has is known only with the data; what can be compared here is.
  if (steps !== null && warmupSteps > steps) {
    refuse(
      `optimizer.warmupSteps must not exceed steps, got ${warmupSteps} and ${steps}. ${advice}.`,
    );
  }
  if (steps === null && warmupSteps === 0 && warmupEpochs > epochs) {
    refuse(
      `optimizer.warmupEpochs must not exceed epochs, got ${warmupEpochs} and ${epochs}. ${advice}.`,
    );
  }
  if (precision === "f16" && backend !== "webgpu" && backend !== "auto") {
    refuse(`precision "f16" needs a GPU: backend must be "webgpu" or "auto", got "${backend}"`);
  }
}
