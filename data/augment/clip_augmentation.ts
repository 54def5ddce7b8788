import { definePlugin, type Plugin, type RandomStream, randomStream } from "@videoms/core/plain";
import { centreCrop, type FrameSize } from "../crop/crop_box.ts";
import { drawColorJitter } from "./color_jitter.ts";
import { type CropPlan, cropPlan } from "./crop_plan.ts";
import { cropResize, horizontalFlip } from "./crop_resize.ts";
import { FRAME_ORDERS, type FrameOrder, orderFrames } from "./frame_order.ts";
import type { PixelClip } from "./pixel_clip.ts";
import { applyOperations, type AugmentOperation, drawOperations } from "./rand_augment.ts";
import { parseRandAugment } from "./rand_augment_policy.ts";
import { drawEraseBox, type EraseBox } from "./random_erasing.ts";
import { checkRange, randomResizedCrop } from "./random_resized_crop.ts";

/** All random decisions about a clip; plain JSON. */
export interface AugmentationPlan extends CropPlan {
  /** RandAugment operations and colour jitter on the decoded pixels, in order. */
  readonly operations: readonly AugmentOperation[];
  /** S, side of the finished clip in pixels. */
  readonly size: number;
  /** Whether the clip is then flipped horizontally. */
  readonly flip: boolean;
  /** Another order of the frames, with the seed of what it draws. @default as they are */
  readonly time?: { readonly order: FrameOrder; readonly seed: number };
  /** The rectangle that the caller fills with noise after normalisation, or null. */
  readonly erase: EraseBox | null;
}

/** A clip augmentation, created by a plugin of kind "augmentation". */
export interface ClipAugmentation {
  /**
   * Makes all random decisions for a clip; they apply to all of its frames.
   *
   * @param video size of the source's frames
   * @param size S, side of the finished clip in pixels
   * @param random the clip's own stream
   */
  plan(video: FrameSize, size: number, random: RandomStream): AugmentationPlan;
  /**
   * Applies a plan to pixels decoded accordingly; deterministic.
   *
   * @param clip uint8 [T, H, W, 3] of the size in `plan.decode`
   * @returns uint8 [T, S, S, 3]; `plan.erase` is left to the caller, since it needs normalised values
   */
  apply(clip: PixelClip, plan: AugmentationPlan): PixelClip;
}

/** Options of {@linkcode standardAugmentation}. */
export interface StandardAugmentationOptions {
  /** RandAugment policy, as for `parseRandAugment`, or "none". @default "rand-m7-n4-mstd0.5-inc1" */
  randAugment: string;
  /** Probability of a horizontal flip; 0 if classes distinguish left and right. @default 0.5 */
  flip: number;
  /** Range of the crop's share of the frame's area. @default [0.08, 1] */
  scale: readonly [number, number];
  /** Range of the crop's aspect ratio. @default [0.75, 1.3333] */
  aspect: readonly [number, number];
  /**
   * Whether the crop moves in a straight line from one drawn box to another in the course of a clip (the motion
   * shift of SlowFast and MAE-ST), as a camera would: then everything moves. @default false
   */
  motionShift: boolean;
  /** Strength of colour jitter (brightness, contrast, saturation), 0 to 1. @default 0 */
  colorJitter: number;
  /** Probability of random erasing. @default 0.25 */
  erase: number;
  /**
   * `reference` decodes whole frames, applies RandAugment and crops last, without antialiasing; `fast` lets
   * the decoder crop and resize and applies RandAugment to the result.
   * @default "reference"
   */
  order: "reference" | "fast";
  /** The frames as they are, or one repeated, in a drawn order, or backwards: controls. @default "forward" */
  time: "forward" | FrameOrder;
}

function create(options: Readonly<StandardAugmentationOptions>): ClipAugmentation {
  const { flip, scale, aspect, motionShift, colorJitter, erase, order, time } = options;
  const policy = options.randAugment === "none" ? null : parseRandAugment(options.randAugment);
  checkRange("scale", scale, 1);
  checkRange("aspect", aspect, Infinity);
  checkProbability("flip", flip);
  checkProbability("erase", erase);
  checkProbability("colorJitter", colorJitter);
  return {
    plan({ width, height }, size, random) {
      // One stream per purpose, so that disabling one leaves the draws of the others unchanged.
      const drawBox = (stream: RandomStream) =>
        randomResizedCrop({ width, height }, stream, { scale, aspect });
      const from = drawBox(random.child("crop"));
      const to = motionShift ? drawBox(random.child("motion-shift")) : null;
      return {
        ...cropPlan({ width, height }, size, order, from, to),
        operations: [
          ...policy ? drawOperations(policy, random.child("rand-augment")) : [],
          ...drawColorJitter(colorJitter, random.child("color-jitter")),
        ],
        size,
        flip: random.child("flip").uniform() < flip,
        ...time === "forward"
          ? {}
          : { time: { order: time, seed: random.child("time").integer(2 ** 31) } },
        erase: drawEraseBox({ width: size, height: size }, erase, random.child("erase")),
      };
    },
    apply,
  };
}

function apply(clip: PixelClip, plan: AugmentationPlan): PixelClip {
  const { size } = plan.decode;
  const { width, height } = typeof size === "number" ? { width: size, height: size } : size;
  if (clip.width !== width || clip.height !== height) {
    throw new RangeError(
      `Cannot prepare a clip: it must be decoded to ${width}×${height} as planned, got ` +
        `${clip.width}×${clip.height}`,
    );
  }
  const changed = applyOperations(clip, plan.operations);
  const { box, boxEnd } = plan;
  const cropped = box ? cropResize(changed, box, plan.size, boxEnd) : changed;
  const flipped = plan.flip ? horizontalFlip(cropped) : cropped;
  if (!plan.time) return flipped;
  const { order, seed } = plan.time;
  return {
    ...flipped,
    pixels: orderFrames(flipped.pixels, clip.frames, order, randomStream(seed)),
  };
}

function checkProbability(name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) {
    throw new RangeError(`Cannot prepare clips: ${name} must be 0 to 1, got ${value}`);
  }
}

/**
 * The augmentation of fine-tuning: RandAugment, random resized crop, horizontal flip, random erasing; as options colour
 * jitter, and crops that move.
 *
 * The fast order resamples once, with antialiasing, and works on fewer pixels; the reference order sees the
 * surroundings of the crop and resizes without antialiasing.
 *
 * @example
 * ```ts
 * import { randomStream } from "@videoms/core";
 * import { standardAugmentation } from "@videoms/data";
 *
 * const { options } = standardAugmentation({ flip: 0, order: "fast" });
 * const augmentation = standardAugmentation.create({ ...standardAugmentation.defaults, ...options });
 * const plan = augmentation.plan({ width: 320, height: 240 }, 224, randomStream(0, "augment", 7));
 * console.assert(plan.flip === false && plan.decode.size === 224);
 * ```
 */
export const standardAugmentation: Plugin<
  "augmentation",
  StandardAugmentationOptions,
  ClipAugmentation
> = definePlugin<"augmentation", StandardAugmentationOptions, ClipAugmentation>({
  kind: "augmentation",
  name: "standard",
  summary: "RandAugment, random resized crop, horizontal flip, random erasing",
  defaults: {
    randAugment: "rand-m7-n4-mstd0.5-inc1",
    flip: 0.5,
    scale: [0.08, 1],
    aspect: [0.75, 1.3333],
    motionShift: false,
    colorJitter: 0,
    erase: 0.25,
    order: "reference",
    time: "forward",
  },
  choices: { order: ["reference", "fast"], time: ["forward", ...FRAME_ORDERS] },
  earlier: { motionShift: false, colorJitter: 0, time: "forward" },
  help: {
    randAugment: 'policy such as rand-m7-n4-mstd0.5-inc1, or "none"',
    flip: "probability of a horizontal flip; 0 if classes distinguish left and right",
    scale: "range of the crop's share of the frame's area",
    aspect: "range of the crop's aspect ratio",
    motionShift:
      "whether the crop moves in a straight line in the course of a clip: then everything moves",
    colorJitter: "strength of colour jitter (brightness, contrast, saturation), 0 to 1",
    erase: "probability of random erasing",
    order: "reference: RandAugment on whole frames, then crop; fast: RandAugment on the crop",
    time: "forward, or a control: still (one frame), shuffled or reversed frames",
  },
  create,
});

/** No augmentation: the centre crop. */
export const noAugmentation: Plugin<"augmentation", Record<never, never>, ClipAugmentation> =
  definePlugin({
    kind: "augmentation",
    name: "none",
    summary: "no augmentation: the centre crop",
    defaults: {},
    create: (): ClipAugmentation => ({
      plan: (video, size) => ({
        decode: { crop: centreCrop(video), size },
        operations: [],
        box: null,
        size,
        flip: false,
        erase: null,
      }),
      apply,
    }),
  });
