import { type Plugin, type PluginOptions, randomStream } from "@videoms/core";
import {
  type ConformanceCheck,
  descriptorChecks,
  type PluginCheckOptions,
  productOf,
  requireThat,
} from "@videoms/core/testing";
import type { AugmentationPlan, ClipAugmentation } from "../augment/clip_augmentation.ts";
import type { FrameSize } from "../crop/crop_box.ts";

/** Frames that augmentations must handle: wide, high, and smaller than the clip. */
const VIDEOS: readonly FrameSize[] = [
  { width: 48, height: 32 },
  { width: 33, height: 57 },
  { width: 20, height: 16 },
];

const SIZE = 24;
const FRAMES = 4;
const DRAWS = 20;

/** What is made of a clip of drawn pixels, decoded as planned. */
function applied(augmentation: ClipAugmentation, plan: AugmentationPlan): string {
  const { size } = plan.decode;
  const { width, height } = typeof size === "number" ? { width: size, height: size } : size;
  const random = randomStream(1, "pixels", width, height);
  const bytes = FRAMES * height * width * 3;
  const pixels = Uint8Array.from({ length: bytes }, () => random.integer(256));
  const clip = augmentation.apply({ pixels, frames: FRAMES, height, width }, plan);
  const shape = [clip.frames, clip.height, clip.width, clip.pixels.length].join();
  const wanted = [FRAMES, SIZE, SIZE, FRAMES * SIZE * SIZE * 3].join();
  requireThat(shape === wanted, `a clip must be ${FRAMES} frames of ${SIZE} × ${SIZE}`, shape);
  return clip.pixels.join();
}

function checkPlan(augmentation: ClipAugmentation, video: FrameSize, draw: number): void {
  const plan = () => augmentation.plan(video, SIZE, randomStream(2, "augment", draw));
  const [one, again] = [JSON.stringify(plan()), JSON.stringify(plan())];
  requireThat(one === again, "a plan must depend on frame size and stream alone", one);
  const { x, y, width, height } = plan().decode.crop;
  const isInside = x >= 0 && y >= 0 && width >= 1 && height >= 1 &&
    x + width <= video.width && y + height <= video.height;
  requireThat(isInside, "what is decoded must lie in the frame", one);
  requireThat(
    applied(augmentation, plan()) === applied(augmentation, JSON.parse(one)),
    "a plan must be applied alike each time, and be plain JSON",
    one,
  );
}

/**
 * Checks that any augmentation must pass: plans that depend on the stream alone, are plain JSON and decode what is in the
 * frame, clips of the right size that are the same each time, and a plain JSON descriptor.
 *
 * @example In a test file of a module that exports `myAugmentation`
 * ```ts
 * import { augmentationChecks } from "@videoms/data/testing";
 * import { standardAugmentation as myAugmentation } from "@videoms/data";
 *
 * for (const { name, run } of augmentationChecks(myAugmentation, { impossible: [{ flip: 2 }] })) {
 *   Deno.test(name, run);
 * }
 * ```
 */
export function augmentationChecks<Options extends PluginOptions>(
  plugin: Plugin<"augmentation", Options, ClipAugmentation>,
  settings: PluginCheckOptions<Options> = {},
): ConformanceCheck[] {
  return [
    ...descriptorChecks(plugin, settings),
    {
      name: `augmentation "${plugin.name}" makes clips that depend on their plan alone`,
      // deno-lint-ignore require-await -- throws become rejections, as the contract says
      async run() {
        const augmentation = productOf<ClipAugmentation>(plugin, settings);
        for (const video of VIDEOS) {
          for (let draw = 0; draw < DRAWS; draw++) checkPlan(augmentation, video, draw);
        }
      },
    },
  ];
}
