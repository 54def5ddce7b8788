/**
 * Videos for VideoMS: annotation lists, an index of video files, exact decoding with ffmpeg, crops, a
 * loader of clip batches and data sets.
 *
 * Needs the programs ffmpeg and ffprobe and the permissions `--allow-read --allow-write --allow-env
 * --allow-run=ffmpeg,ffprobe`.
 *
 * @module
 */

export * from "./annotations/annotations.ts";
export * from "./crop/crop_box.ts";
export * from "./crop/multi_scale_crop.ts";
export type { ClipRequest, DecodedClip } from "./decode/clip_request.ts";
export * from "./decode/decode_clips.ts";
export * from "./dataset/annotation_lists.ts";
export * from "./dataset/dataset.ts";
export * from "./index/index_videos.ts";
export * from "./index/video_record.ts";
export * from "./loader/clip_batch.ts";
export * from "./loader/clip_batches.ts";
export type { SampleOrder } from "./loader/sample_order.ts";
export { stepsPerEpoch } from "./loader/sample_order.ts";
export * from "./process/find_ffmpeg.ts";
export * from "./process/limiter.ts";
export { SHAPE_CLASSES, type ShapeClass } from "./shapes/motion.ts";
export { renderShapes, type ShapeVideo } from "./shapes/render_shapes.ts";
export * from "./shapes/shapes.ts";
