import { definePlugin, type Plugin, type RandomStream } from "@videoms/core";
import { centreCrop, type CropBox, type FrameSize } from "../crop/crop_box.ts";
import { cropResize, horizontalFlip } from "./crop_resize.ts";
import type { PixelClip } from "./pixel_clip.ts";
import { applyOperations, type AugmentOperation, drawOperations } from "./rand_augment.ts";
import { parseRandAugment } from "./rand_augment_policy.ts";
import { drawEraseBox, type EraseBox } from "./random_erasing.ts";
import { checkRange, randomResizedCrop } from "./random_resized_crop.ts";

/** Everything that chance decided about a clip; plain JSON. */
export interface AugmentationPlan {
  /** What the decoder cuts out of every frame, and how large it makes it. */
  readonly decode: { readonly crop: CropBox; readonly size: number | FrameSize };
  /** Operations of RandAugment on the decoded pixels, in their order. */
  readonly operations: readonly AugmentOperation[];
  /** The box that is then cut out and resized, or null if the decoder did so. */
  readonly box: CropBox | null;
  /** S, side of the finished clip in pixels. */
  readonly size: number;
  /** Whether the clip is then mirrored. */
  readonly flip: boolean;
  /** The rectangle that the caller fills with noise once values are normalised, or null. */
  readonly erase: EraseBox | null;
}

/** What plugins of kind "augmentation" make. */
export interface ClipAugmentation {
  /**
   * Draws all there is to draw for a clip, the same for all of its frames.
   *
   * @param video size of the source's frames
   * @param size S, side of the finished clip in pixels
   * @param random stream of its own for the clip
   */
  plan(video: FrameSize, size: number, random: RandomStream): AugmentationPlan;
  /**
   * Carries a plan out on pixels that were decoded as it says; nothing is left to chance.
   *
   * @param clip uint8 [T, H, W, 3] of the size in `plan.decode`
   * @returns uint8 [T, S, S, 3]; `plan.erase` is still to be filled, it waits for normalised values
   */
  apply(clip: PixelClip, plan: AugmentationPlan): PixelClip;
}

/** Options of {@linkcode standardAugmentation}. */
export interface StandardAugmentationOptions {
  /** Policy in the notation of `parseRandAugment`, or "none". @default "rand-m7-n4-mstd0.5-inc1" */
  randAugment: string;
  /** Probability of mirroring; 0 where left and right are classes. @default 0.5 */
  flip: number;
  /** Least and largest part of the frame's area in the crop. @default [0.08, 1] */
  scale: readonly [number, number];
  /** Least and largest ratio of width to height of the crop. @default [0.75, 1.3333] */
  aspect: readonly [number, number];
  /** Probability of erasing a rectangle. @default 0.25 */
  erase: number;
  /**
   * `reference` decodes whole frames, applies RandAugment to them and crops last, without
   * antialiasing; `fast` lets the decoder crop and resize and applies RandAugment to what is left.
   * @default "reference"
   */
  order: "reference" | "fast";
}

function create(options: Readonly<StandardAugmentationOptions>): ClipAugmentation {
  const { flip, scale, aspect, erase, order } = options;
  const policy = options.randAugment === "none" ? null : parseRandAugment(options.randAugment);
  checkRange("scale", scale, 1);
  checkRange("aspect", aspect, Infinity);
  checkProbability("flip", flip);
  checkProbability("erase", erase);
  return {
    plan({ width, height }, size, random) {
      // A stream for each purpose: switching one off leaves the draws of the others as they are.
      const box = randomResizedCrop({ width, height }, random.child("crop"), { scale, aspect });
      const whole = { crop: { x: 0, y: 0, width, height }, size: { width, height } };
      return {
        decode: order === "reference" ? whole : { crop: box, size },
        operations: policy ? drawOperations(policy, random.child("rand-augment")) : [],
        box: order === "reference" ? box : null,
        size,
        flip: random.child("flip").uniform() < flip,
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
      `Cannot augment a clip: it must be decoded to ${width}×${height} as planned, got ` +
        `${clip.width}×${clip.height}`,
    );
  }
  const changed = applyOperations(clip, plan.operations);
  const cropped = plan.box ? cropResize(changed, plan.box, plan.size) : changed;
  return plan.flip ? horizontalFlip(cropped) : cropped;
}

function checkProbability(name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) {
    throw new RangeError(`Cannot augment clips: ${name} must be 0 to 1, got ${value}`);
  }
}

/**
 * The augmentation of fine-tuning: RandAugment, random resized crop, mirroring, random erasing.
 *
 * The fast order resamples once, antialiased, and works on fewer pixels; the reference's order sees
 * what lies around the crop and resizes without antialiasing.
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
  summary: "RandAugment, random resized crop, mirroring, random erasing",
  defaults: {
    randAugment: "rand-m7-n4-mstd0.5-inc1",
    flip: 0.5,
    scale: [0.08, 1],
    aspect: [0.75, 1.3333],
    erase: 0.25,
    order: "reference",
  },
  choices: { order: ["reference", "fast"] },
  help: {
    randAugment: 'policy such as rand-m7-n4-mstd0.5-inc1, or "none"',
    flip: "probability of mirroring; 0 where left and right are classes",
    scale: "least and largest part of the frame's area in the crop",
    aspect: "least and largest ratio of width to height of the crop",
    erase: "probability of erasing a rectangle",
    order: "RandAugment on whole frames before the crop, or on the crop",
  },
  create,
});

/** No augmentation: the square in the middle of the frames, as it is. */
export const noAugmentation: Plugin<"augmentation", Record<never, never>, ClipAugmentation> =
  definePlugin({
    kind: "augmentation",
    name: "none",
    summary: "the square in the middle of the frames, as it is",
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
