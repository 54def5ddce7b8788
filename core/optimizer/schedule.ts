/** How a value falls from its base to its final value after the warm-up. Its methods do not use `this`. */
export interface Schedule {
  /** The plugin's name. */
  readonly name: string;
  /**
   * The share of the way that is left: 1 at the base, 0 at the final value.
   *
   * @param done the share of the steps after the warm-up that are done, in [0, 1]
   */
  left(done: number): number;
}

/** Half a cosine wave (Loshchilov, Hutter: arXiv 1608.03983). */
export const COSINE: Schedule = {
  name: "cosine",
  left: (done) => 0.5 * (1 + Math.cos(Math.PI * done)),
};

/** A schedule with linear warm-up over the optimiser steps of a run. */
export interface CosineSchedule {
  /** Value at the end of the warm-up. */
  base: number;
  /** Final value. */
  final: number;
  /** Steps of the whole run. */
  steps: number;
  /** Steps of the warm-up; 0 for none. @default 0 */
  warmupSteps?: number;
  /** Initial value of the warm-up. @default 0 */
  warmupStart?: number;
}

/**
 * The value of a schedule at a step, from 0.
 *
 * The warm-up goes from `warmupStart` to `base` inclusive in `warmupSteps` steps, so the first step has the
 * value `warmupStart` (0 in VideoMAE) and `base` occurs twice: at the end of the warm-up and after it.
 *
 * @throws {RangeError} if the warm-up is longer than the run
 * @example
 * ```ts
 * import { COSINE, scheduleAt } from "@videoms/core";
 *
 * const schedule = { base: 1, final: 0.1, steps: 12, warmupSteps: 3 };
 * console.assert(scheduleAt(schedule, 0, COSINE) === 0 && scheduleAt(schedule, 3, COSINE) === 1);
 * ```
 */
export function scheduleAt(
  schedule: CosineSchedule,
  step: number,
  { left }: Schedule,
): number {
  const { base, final, steps, warmupSteps = 0, warmupStart = 0 } = schedule;
  if (warmupSteps > steps) {
    throw new RangeError(
      `Cannot train: the warm-up must not be longer than the run, got ${warmupSteps} and ${steps} steps`,
    );
  }
  if (step < warmupSteps) {
    const share = warmupSteps === 1 ? 0 : step / (warmupSteps - 1);
    return warmupStart + (base - warmupStart) * share;
  }
  const share = (step - warmupSteps) / (steps - warmupSteps);
  return final + (base - final) * left(share);
}

/** {@linkcode scheduleAt} of {@linkcode COSINE}. */
export function cosineAt(schedule: CosineSchedule, step: number): number {
  return scheduleAt(schedule, step, COSINE);
}

/** Batch size that learning rates in task files refer to (Goyal et al.: arXiv 1706.02677). */
export const REFERENCE_BATCH = 256;

/** Linear scaling of a learning rate per {@linkcode REFERENCE_BATCH} clips to the clips of a step. */
export function scaledRate(rate: number, clipsPerStep: number): number {
  return rate * clipsPerStep / REFERENCE_BATCH;
}
