/** A cosine schedule with linear warm-up over the optimiser steps of a run. */
export interface CosineSchedule {
  /** Value at the end of the warm-up. */
  base: number;
  /** Final value of the cosine. */
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
 * value `warmupStart` (0 in VideoMAE) and `base` occurs twice: at the end of the warm-up and at the start of
 * the cosine (Loshchilov, Hutter: arXiv 1608.03983).
 *
 * @throws {RangeError} if the warm-up is longer than the run
 * @example
 * ```ts
 * import { cosineAt } from "@videoms/core";
 *
 * const schedule = { base: 1, final: 0.1, steps: 12, warmupSteps: 3 };
 * console.assert(cosineAt(schedule, 0) === 0 && cosineAt(schedule, 3) === 1);
 * ```
 */
export function cosineAt(schedule: CosineSchedule, step: number): number {
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
  return final + 0.5 * (base - final) * (1 + Math.cos(Math.PI * share));
}

/** Batch size that learning rates in task files refer to (Goyal et al.: arXiv 1706.02677). */
export const REFERENCE_BATCH = 256;

/** Linear scaling of a learning rate per {@linkcode REFERENCE_BATCH} clips to the clips of a step. */
export function scaledRate(rate: number, clipsPerStep: number): number {
  return rate * clipsPerStep / REFERENCE_BATCH;
}
