/**
 * RandAugment (Cubuk et al., arXiv 1909.13719): a few operations drawn for every clip and applied to all
 * frames alike, as in timm and VideoMAE.
 */

import type { RandomStream } from "@videoms/core";
import { rotate, shearX, shearY, translateX, translateY } from "./affine.ts";
import { color, sharpness } from "./blend.ts";
import type { PixelClip } from "./pixel_clip.ts";
import type { RandAugmentPolicy } from "./rand_augment_policy.ts";
import {
  autoContrast,
  brightness,
  contrast,
  equalize,
  invert,
  posterize,
  solarize,
  solarizeAdd,
} from "./tone.ts";

/** Probability of applying a drawn operation. */
const APPLIED = 0.5;

/** Largest magnitude. */
const MOST = 10;

/** Smallest factor of the blending operations. */
const LEAST_FACTOR = 0.1;

/** The fifteen operations of RandAugment. */
export type OperationName =
  | "autoContrast"
  | "equalize"
  | "invert"
  | "rotate"
  | "posterize"
  | "solarize"
  | "solarizeAdd"
  | "color"
  | "contrast"
  | "brightness"
  | "sharpness"
  | "shearX"
  | "shearY"
  | "translateX"
  | "translateY";

/** An operation and its argument at strength r = M / 10 from 0 to 1. */
interface Operation {
  apply(clip: PixelClip, argument: number): PixelClip;
  /** `sign` is −1 or 1 at random; `increasing` is the policy's. */
  argument(r: number, sign: number, increasing: boolean): number;
}

const none = (): number => 0;
const factor: Operation["argument"] = (r, sign, increasing) =>
  increasing ? Math.max(LEAST_FACTOR, 1 + sign * 0.9 * r) : LEAST_FACTOR + 1.8 * r;
const signed = (most: number): Operation["argument"] => (r, sign) => sign * most * r;

const OPERATIONS: Readonly<Record<OperationName, Operation>> = {
  autoContrast: { apply: autoContrast, argument: none },
  equalize: { apply: equalize, argument: none },
  invert: { apply: invert, argument: none },
  rotate: { apply: rotate, argument: signed(30) },
  posterize: {
    apply: posterize,
    argument: (r, _, increasing) => increasing ? 4 - Math.trunc(4 * r) : Math.trunc(4 * r),
  },
  solarize: {
    apply: solarize,
    argument: (r, _, increasing) => increasing ? 256 - Math.trunc(256 * r) : Math.trunc(256 * r),
  },
  solarizeAdd: { apply: solarizeAdd, argument: (r) => Math.trunc(110 * r) },
  color: { apply: color, argument: factor },
  contrast: { apply: contrast, argument: factor },
  brightness: { apply: brightness, argument: factor },
  sharpness: { apply: sharpness, argument: factor },
  shearX: { apply: shearX, argument: signed(0.3) },
  shearY: { apply: shearY, argument: signed(0.3) },
  translateX: { apply: translateX, argument: signed(0.45) },
  translateY: { apply: translateY, argument: signed(0.45) },
};

/** Names of the fifteen operations, in the order from which they are drawn. */
export const OPERATION_NAMES: readonly OperationName[] = Object.keys(OPERATIONS) as OperationName[];

/** An operation with its argument; plain JSON. */
export interface AugmentOperation {
  /** Which operation. */
  readonly name: OperationName;
  /**
   * Degrees of `rotate`, bits kept by `posterize`, threshold of `solarize`, amount of `solarizeAdd`, factor
   * of `color`, `contrast`, `brightness` and `sharpness` (1 changes nothing), slope of `shearX` and `shearY`,
   * fraction of the width or height for `translateX` and `translateY`, 0 otherwise.
   */
  readonly argument: number;
}

/**
 * The argument of an operation.
 *
 * @param magnitude M, 0 to 10
 * @param sign −1 or 1, for operations with a direction
 * @param increasing whether a larger magnitude always changes more (`inc1`)
 */
export function operationArgument(
  name: OperationName,
  magnitude: number,
  sign: -1 | 1,
  increasing: boolean,
): number {
  return OPERATIONS[name].argument(magnitude / MOST, sign, increasing);
}

/**
 * Draws the operations for a clip: `policy.operations` with replacement, each kept with probability 0.5 and
 * with its own magnitude from N(m, mstd²), clamped to 0 … 10.
 *
 * @returns the kept operations, in order of application
 */
export function drawOperations(
  policy: RandAugmentPolicy,
  random: RandomStream,
): AugmentOperation[] {
  const { magnitude, spread, increasing } = policy;
  const drawn: AugmentOperation[] = [];
  for (let i = 0; i < policy.operations; i++) {
    const name = OPERATION_NAMES[random.integer(OPERATION_NAMES.length)];
    const kept = random.uniform() < APPLIED;
    const level = Math.min(MOST, Math.max(0, magnitude + spread * random.normal()));
    const sign = random.uniform() < 0.5 ? -1 : 1;
    if (kept) drawn.push({ name, argument: operationArgument(name, level, sign, increasing) });
  }
  return drawn;
}

/**
 * Applies operations in order to a clip. Arguments are the same for all frames; statistics such as histograms
 * are computed per frame.
 *
 * @param clip uint8 [T, H, W, 3]; not changed
 * @throws {RangeError} if the clip's pixels do not match its shape
 */
export function applyOperations(
  clip: PixelClip,
  operations: readonly AugmentOperation[],
): PixelClip {
  return operations.reduce(
    (current, { name, argument }) => OPERATIONS[name].apply(current, argument),
    clip,
  );
}

/**
 * RandAugment of a clip: {@linkcode drawOperations}, then {@linkcode applyOperations}.
 *
 * @param clip uint8 [T, H, W, 3]; not changed
 * @example
 * ```ts
 * import { randomStream } from "@videoms/core";
 * import { parseRandAugment, randAugment } from "@videoms/data";
 *
 * const clip = { pixels: new Uint8Array(2 * 8 * 8 * 3), frames: 2, height: 8, width: 8 };
 * const policy = parseRandAugment("rand-m7-n4-mstd0.5-inc1");
 * const augmented = randAugment(clip, policy, randomStream(0, "augment", 7));
 * console.assert(augmented.pixels.length === clip.pixels.length);
 * ```
 */
export function randAugment(
  clip: PixelClip,
  policy: RandAugmentPolicy,
  random: RandomStream,
): PixelClip {
  return applyOperations(clip, drawOperations(policy, random));
}
