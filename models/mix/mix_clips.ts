import * as tf from "@tensorflow/tfjs-core";
import { type ClipGeometry, tokenGrid, valuesPerToken } from "@videoms/core";
import { patchValues } from "../patches/patchify.ts";
import type { MixPlan } from "./mix_plan.ts";

function checkBatch(what: string, got: number, plan: MixPlan): void {
  if (got !== plan.partner.length) {
    throw new RangeError(
      `Cannot mix clips: the plan is for ${plan.partner.length} ${what}, got ${got}`,
    );
  }
}

/**
 * Clips with their partners' boxes pasted in.
 *
 * @param pixels u8, row-major [B, T, H, W, 3]; not changed
 * @returns u8 [B, T, H, W, 3]; the same array if nothing is pasted
 * @throws {RangeError} if the plan is for another number of clips
 */
export function pasteBoxes(pixels: Uint8Array, geometry: ClipGeometry, plan: MixPlan): Uint8Array {
  const { frames, imageSize } = geometry;
  const line = imageSize * 3;
  const clip = frames * imageSize * line;
  checkBatch("clips", pixels.length / clip, plan);
  if (plan.boxes.every((box) => box === null)) return pixels;
  const out = pixels.slice();
  plan.boxes.forEach((box, b) => {
    if (box === null) return;
    for (let frame = 0; frame < frames; frame++) {
      for (let row = box.top; row < box.bottom; row++) {
        const start = (frame * imageSize + row) * line;
        const other = plan.partner[b] * clip + start;
        const pasted = pixels.subarray(other + box.left * 3, other + box.right * 3);
        out.set(pasted, b * clip + start + box.left * 3);
      }
    }
  });
  return out;
}

/**
 * Mixes clips and cuts them into tokens of normalised pixels. Boxes are pasted as bytes, since they do
 * not keep to patches; blends are of normalised values, since bytes would round.
 *
 * @param pixels u8, row-major [B, T, H, W, 3]; not changed
 * @returns row-major [B, N, P], as `patchValues` gives
 * @throws {RangeError} if the plan is for another number of clips
 */
export function mixPatchValues(
  pixels: Uint8Array,
  geometry: ClipGeometry,
  plan: MixPlan,
): Float32Array {
  const pasted = pasteBoxes(pixels, geometry, plan);
  const out = patchValues(pasted, geometry);
  const blends = (b: number): boolean => plan.boxes[b] === null && plan.lambda[b] < 1;
  if (!plan.boxes.some((_, b) => blends(b))) return out;
  // A partner's own values: neither pasted into nor blended already.
  const own = pasted === pixels ? out.slice() : patchValues(pixels, geometry);
  const size = out.length / plan.partner.length;
  for (let b = 0; b < plan.partner.length; b++) {
    if (!blends(b)) continue;
    const lambda = plan.lambda[b];
    const other = plan.partner[b] * size;
    for (let i = 0; i < size; i++) {
      out[b * size + i] = lambda * own[b * size + i] + (1 - lambda) * own[other + i];
    }
  }
  return out;
}

/** {@linkcode mixPatchValues} as a tensor [B, N, P] on the device. */
export function patchifyMixed(
  pixels: Uint8Array,
  geometry: ClipGeometry,
  plan: MixPlan,
): tf.Tensor3D {
  const values = mixPatchValues(pixels, geometry, plan);
  return tf.tensor3d(values, [
    plan.partner.length,
    tokenGrid(geometry).tokens,
    valuesPerToken(geometry),
  ]);
}

/**
 * Class targets of mixed clips: λ times a clip's smoothed target plus 1 − λ times its partner's.
 *
 * @param labels class of each clip before mixing, 0 … classes − 1
 * @param smoothing label smoothing s: 1 − s + s/classes for a label, s/classes elsewhere
 * @returns [B, classes], rows sum to 1
 * @throws {RangeError} if the plan is for another number of clips
 */
export function softTargets(
  labels: ArrayLike<number>,
  classes: number,
  smoothing: number,
  plan: MixPlan,
): tf.Tensor2D {
  checkBatch("labels", labels.length, plan);
  const values = new Float64Array(labels.length * classes).fill(smoothing / classes);
  for (let b = 0; b < labels.length; b++) {
    const lambda = plan.lambda[b];
    values[b * classes + labels[b]] += (1 - smoothing) * lambda;
    values[b * classes + labels[plan.partner[b]]] += (1 - smoothing) * (1 - lambda);
  }
  return tf.tensor2d(Float32Array.from(values), [labels.length, classes]);
}
