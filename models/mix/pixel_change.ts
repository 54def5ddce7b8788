import type { ClipGeometry, RandomStream } from "@videoms/core";
import type { Box } from "../patches/box_runs.ts";
import { eraseWithNoise } from "../patches/erase_with_noise.ts";
import { mixPatchValues } from "./mix_clips.ts";
import type { MixPlan } from "./mix_plan.ts";

/** What is done to normalised values, row-major [B, N, P], before tokens are chosen. */
export type PixelChange = (values: Float32Array) => Float32Array;

/** Whether a plan leaves every clip as it is, as draws below the probability of mixing do. */
function mixesNothing({ lambda, boxes }: MixPlan): boolean {
  return boxes.every((box) => box === null) && lambda.every((share) => share === 1);
}

/**
 * Erasing and mixing of clips; undefined where neither changes a value, so that the device can cut the
 * tokens from the bytes.
 *
 * @param erase [B], rectangles that noise fills; null for none
 * @param random one stream per clip
 * @param plan how clips are mixed; null for not at all
 */
export function pixelChange(
  geometry: ClipGeometry,
  erase: readonly (Box | null)[],
  random: readonly RandomStream[],
  plan: MixPlan | null = null,
): PixelChange | undefined {
  const erases = erase.some((box) => box !== null);
  const mixing = plan && !mixesNothing(plan) ? plan : null;
  if (!erases && !mixing) return undefined;
  return (values) => {
    // In the order of the reference: what is erased of a clip is erased of its mixtures too.
    if (erases) {
      eraseWithNoise(values, geometry, erase, random.map((stream) => stream.child("erase")));
    }
    return mixing ? mixPatchValues(values, geometry, mixing) : values;
  };
}
