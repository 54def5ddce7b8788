import * as tf from "@tensorflow/tfjs-core";
import { type ClipGeometry, tokenGrid, valuesPerToken } from "@videoms/core";
import { boxRuns } from "../patches/box_runs.ts";
import type { MixPlan } from "./mix_plan.ts";

function checkBatch(what: string, got: number, plan: MixPlan): void {
  if (got !== plan.partner.length) {
    throw new RangeError(
      `Cannot run mixup or CutMix: the plan is for ${plan.partner.length} ${what}, got ${got}`,
    );
  }
}

/**
 * Mixes clips with their partners: blends them, or pastes a box of the partner. The partner's original values
 * are used.
 *
 * @param values normalised pixels by token, row-major [B, N, P], as `patchValues` gives; not changed
 * @returns row-major [B, N, P]
 * @throws {RangeError} if the plan is for another number of clips, or a box is not in the frame
 * @example
 * ```ts
 * import { randomStream } from "@videoms/core";
 * import { mixPatchValues, mixPlan, patchValues } from "@videoms/models";
 *
 * const geometry = { frames: 2, tubeletSize: 2, imageSize: 32, patchSize: 16 };
 * const values = patchValues(new Uint8Array(2 * 2 * 32 * 32 * 3), geometry); // two clips
 * const plan = mixPlan(2, { imageSize: 32, cutmix: 1 }, randomStream(0, "mix"));
 * const mixed = mixPatchValues(values, geometry, plan);
 * console.assert(mixed.length === values.length);
 * ```
 */
export function mixPatchValues(
  values: Float32Array,
  geometry: ClipGeometry,
  plan: MixPlan,
): Float32Array {
  const size = tokenGrid(geometry).tokens * valuesPerToken(geometry);
  checkBatch("clips", values.length / size, plan);
  const mixed = values.slice();
  for (let b = 0; b < plan.partner.length; b++) {
    const box = plan.boxes[b];
    const from = b * size;
    const other = plan.partner[b] * size;
    if (box) {
      const runs = boxRuns(geometry, box);
      for (let i = 0; i < runs.length; i += 2) {
        const start = other + runs[i];
        mixed.set(values.subarray(start, start + runs[i + 1]), from + runs[i]);
      }
    } else if (plan.lambda[b] < 1) {
      const lambda = plan.lambda[b];
      for (let i = 0; i < size; i++) {
        mixed[from + i] = lambda * values[from + i] + (1 - lambda) * values[other + i];
      }
    }
  }
  return mixed;
}

/**
 * Class targets with label smoothing, for original or mixed clips: λ times a clip's target plus 1 − λ times
 * its partner's.
 *
 * @param labels class of each clip before mixing, 0 … classes − 1
 * @param smoothing label smoothing s: 1 − s + s/classes for a label, s/classes elsewhere
 * @param plan how the clips are mixed, null if they are not
 * @returns [B, classes], rows sum to 1
 * @throws {RangeError} if the plan is for another number of clips
 */
export function softTargets(
  labels: ArrayLike<number>,
  classes: number,
  smoothing: number,
  plan: MixPlan | null,
): tf.Tensor2D {
  if (plan) checkBatch("labels", labels.length, plan);
  const values = new Float64Array(labels.length * classes).fill(smoothing / classes);
  for (let b = 0; b < labels.length; b++) {
    const lambda = plan ? plan.lambda[b] : 1;
    values[b * classes + labels[b]] += (1 - smoothing) * lambda;
    if (plan) values[b * classes + labels[plan.partner[b]]] += (1 - smoothing) * (1 - lambda);
  }
  return tf.tensor2d(Float32Array.from(values), [labels.length, classes]);
}
