import type { RandomStream } from "@videoms/core";
import type { Box } from "../patches/box_runs.ts";
import { symmetricBeta } from "./beta.ts";

/** Scope of a draw: the whole batch, a clip and its partner, or each clip. */
export type MixMode = "batch" | "pair" | "elem";

/** Options of mixup and CutMix. */
export interface MixOptions {
  /** Side of a frame in pixels. */
  imageSize: number;
  /** Alpha of mixup's beta distribution; 0 for no mixup. @default 0 */
  mixup?: number;
  /** Alpha of CutMix's beta distribution; 0 for no CutMix. @default 0 */
  cutmix?: number;
  /**
   * Smallest and largest side of CutMix's box relative to the frame, drawn uniformly for both sides; enables
   * CutMix with a box that does not follow a beta distribution. @default null
   */
  cutmixMinMax?: readonly [number, number] | null;
  /** Probability of mixing. @default 1 */
  probability?: number;
  /** Probability of CutMix instead of mixup if both are enabled. @default 0.5 */
  switchProbability?: number;
  /** Scope of a draw. @default "batch" */
  mode?: MixMode;
}

/** How the clips of a batch are mixed. */
export interface MixPlan {
  /** int32 [B], each clip's partner. */
  partner: Int32Array;
  /** float32 [B], λ: the weight of the clip itself in pixels and label. */
  lambda: Float32Array;
  /** [B], where the partner is pasted; null to blend all pixels. */
  boxes: (Box | null)[];
}

/** One draw: the weight of the clip itself, and the box to paste. */
interface Mix {
  lambda: number;
  box: Box | null;
}

const UNMIXED: Mix = { lambda: 1, box: null };

function checkOptions(options: MixOptions): void {
  const { imageSize, mixup = 0, cutmix = 0, cutmixMinMax = null } = options;
  const fail = (rule: string, value: unknown): never => {
    throw new RangeError(`Cannot run mixup or CutMix: ${rule}, got ${value}`);
  };
  if (!Number.isInteger(imageSize) || imageSize < 1) {
    fail("imageSize must be a positive whole number", imageSize);
  }
  for (const [name, alpha] of Object.entries({ mixup, cutmix })) {
    if (!(alpha >= 0 && alpha < Infinity)) fail(`${name} must be a number from 0`, alpha);
  }
  const { probability = 1, switchProbability = 0.5 } = options;
  for (const [name, value] of Object.entries({ probability, switchProbability })) {
    if (!(value >= 0 && value <= 1)) fail(`${name} must be in [0, 1]`, value);
  }
  if (cutmixMinMax) {
    const [least, greatest] = cutmixMinMax;
    if (!(least >= 0 && least < greatest && greatest <= 1)) {
      fail("cutmixMinMax must ascend within [0, 1]", `[${cutmixMinMax}]`);
    }
  }
  if (mixup === 0 && cutmix === 0 && !cutmixMinMax) {
    fail("mixup, cutmix or cutmixMinMax must be on", "none");
  }
}

/** A whole number in [from, to), or `from` if the range is empty. */
function between(from: number, to: number, random: RandomStream): number {
  return from + (to > from ? random.integer(to - from) : 0);
}

/** A randomly placed box whose sides are drawn between two fractions of the frame's. */
function boxWithin(
  size: number,
  [least, greatest]: readonly [number, number],
  random: RandomStream,
): Box {
  const side = () => between(Math.trunc(size * least), Math.trunc(size * greatest), random);
  const [height, width] = [side(), side()];
  const top = random.integer(size - height);
  const left = random.integer(size - width);
  return { top, left, height, width };
}

/** A box of about (1 − λ) of the frame around a random pixel, clipped to the frame. */
function boxAround(size: number, lambda: number, random: RandomStream): Box {
  const half = Math.floor(Math.trunc(size * Math.sqrt(1 - lambda)) / 2);
  const row = random.integer(size);
  const column = random.integer(size);
  const top = Math.max(0, row - half);
  const left = Math.max(0, column - half);
  return {
    top,
    left,
    height: Math.min(size, row + half) - top,
    width: Math.min(size, column + half) - left,
  };
}

function drawMix(options: MixOptions, random: RandomStream): Mix {
  const { imageSize, mixup = 0, cutmix = 0, cutmixMinMax = null } = options;
  const { probability = 1, switchProbability = 0.5 } = options;
  if (random.uniform() >= probability) return UNMIXED;
  const canCut = cutmix > 0 || cutmixMinMax !== null;
  const cuts = canCut && (mixup === 0 || random.uniform() < switchProbability);
  if (!cuts) return { lambda: symmetricBeta(mixup, random), box: null };
  const box = cutmixMinMax
    ? boxWithin(imageSize, cutmixMinMax, random)
    : boxAround(imageSize, symmetricBeta(cutmix, random), random);
  const area = box.height * box.width;
  // λ follows the area that is actually pasted, not the one that was drawn.
  return area === 0 ? UNMIXED : { lambda: 1 - area / imageSize ** 2, box };
}

/**
 * Draws how the clips of a batch are mixed: by mixup (Zhang et al.: arXiv 1710.09412), which blends two
 * clips, or by CutMix (Yun et al.: arXiv 1905.04899), which pastes a box of one into the other, as timm
 * 0.4.12 does. A clip's partner is its mirror image in batch order.
 *
 * @param batch number of clips, even
 * @param random stream of this batch; only its children are used
 * @throws {RangeError} if the batch is odd or empty, or an option is out of range
 * @example
 * ```ts
 * import { randomStream } from "@videoms/core";
 * import { mixPlan } from "@videoms/models";
 *
 * const plan = mixPlan(4, { imageSize: 224, mixup: 0.8, cutmix: 1 }, randomStream(0, "mix", 7));
 * console.assert(plan.partner.join() === "3,2,1,0");
 * ```
 */
export function mixPlan(batch: number, options: MixOptions, random: RandomStream): MixPlan {
  if (!Number.isInteger(batch) || batch < 2 || batch % 2 !== 0) {
    throw new RangeError(
      `Cannot run mixup or CutMix: the number of clips must be even, got ${batch}`,
    );
  }
  checkOptions(options);
  const { mode = "batch" } = options;
  const partner = Int32Array.from({ length: batch }, (_, i) => batch - 1 - i);
  const draw = (i: number): Mix => drawMix(options, random.child("mix", i));
  const groupOf: Record<MixMode, (i: number) => number> = {
    batch: () => 0,
    pair: (i) => Math.min(i, partner[i]),
    elem: (i) => i,
  };
  const mixes = Array.from({ length: batch }, (_, i) => draw(groupOf[mode](i)));
  return {
    partner,
    lambda: Float32Array.from(mixes, ({ lambda }) => lambda),
    boxes: mixes.map(({ box }) => box),
  };
}

/**
 * The plan of some clips of a batch.
 *
 * @param places positions of the clips in the batch
 * @throws {RangeError} if a clip's partner is not among them
 */
export function partOfMixPlan(plan: MixPlan, places: ArrayLike<number>): MixPlan {
  const own = Array.from(places);
  const partner = Int32Array.from(own, (place) => own.indexOf(plan.partner[place]));
  const alone = partner.indexOf(-1);
  if (alone >= 0) {
    throw new RangeError(
      `Cannot run mixup or CutMix: clips must be together with their partners, got clip ${
        own[alone]
      } without clip ` +
        `${plan.partner[own[alone]]}`,
    );
  }
  return {
    partner,
    lambda: Float32Array.from(own, (place) => plan.lambda[place]),
    boxes: own.map((place) => plan.boxes[place]),
  };
}
