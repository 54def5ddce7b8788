/**
 * What pages in a browser need of `data`: crops, and pictures of clips and tokens. Nothing here uses what only Deno has.
 *
 * @module
 */

export {
  type AugmentationPlan,
  type ClipAugmentation,
  noAugmentation,
  standardAugmentation,
} from "./augment/clip_augmentation.ts";
export type { CropPlan } from "./augment/crop_plan.ts";
export { cropResize } from "./augment/crop_resize.ts";
export { type ClipView, testViews } from "./augment/test_views.ts";
export type { ClipSet } from "./dataset/clip_set.ts";
export type { PixelClip } from "./augment/pixel_clip.ts";
export { centreCrop, type CropBox, type FrameSize } from "./crop/crop_box.ts";
export type { ClipSets, LabelledVideo, RawClips, StepClips } from "./loader/clip_batch.ts";
export { epochOrder, stepsPerEpoch } from "./loader/sample_order.ts";
export { type Canvas, canvasOf, createCanvas } from "./pictures/canvas.ts";
export { type ChosenTokens, ClipTiles } from "./pictures/clip_tiles.ts";
export { type FrameRaster, frameRaster } from "./videos/frame_raster.ts";
