/**
 * Videos for VideoMS: annotation lists, an index of video files, exact decoding with ffmpeg, crops,
 * augmentation, test views, a loader of clip batches and data sets.
 *
 * Needs the programs ffmpeg and ffprobe and the permissions `--allow-read --allow-write --allow-env
 * --allow-run=ffmpeg,ffprobe`.
 *
 * @module
 */

export * from "./annotations/annotations.ts";
export * from "./annotations/csv.ts";
export * from "./augment/clip_augmentation.ts";
export { cropResize, horizontalFlip } from "./augment/crop_resize.ts";
export type { PixelClip } from "./augment/pixel_clip.ts";
export * from "./augment/rand_augment.ts";
export * from "./augment/rand_augment_policy.ts";
export * from "./augment/random_erasing.ts";
export { randomResizedCrop, type RandomResizedCropOptions } from "./augment/random_resized_crop.ts";
export * from "./augment/test_views.ts";
export * from "./crop/crop_box.ts";
export * from "./crop/multi_scale_crop.ts";
export type { ClipRequest, DecodedClip } from "./decode/clip_request.ts";
export * from "./decode/decode_clips.ts";
export type { GroupTimes, TriedClip } from "./decode/decode_group.ts";
export { createKnownDamage, type KnownDamage } from "./decode/known_damage.ts";
export * from "./dataset/annotation_lists.ts";
export * from "./dataset/dataset.ts";
export {
  CACHE_FOLDER,
  type CacheFile,
  cacheFile,
  checksCache,
  indexCache,
  type Tell,
  tellUnkept,
} from "./cache/cache_files.ts";
export { userCacheFolder } from "./cache/user_cache.ts";
export { type DataDifference, dataDifference } from "./identity/data_difference.ts";
export { readData, writeData } from "./identity/data_file.ts";
export {
  type DataIdentity,
  type DataRecord,
  dataRecord,
  isSameData,
  type ListName,
  type ListRecord,
  type SampleIdentity,
} from "./identity/data_identity.ts";
export type { FrameWindow } from "./index/frame_window.ts";
export * from "./index/file_hash.ts";
export { type CacheOptions, INDEX_CACHE_NAME } from "./index/index_cache.ts";
export * from "./index/index_videos.ts";
export * from "./index/manifest.ts";
export * from "./index/seek_table.ts";
export * from "./index/shared_content.ts";
export * from "./index/video_record.ts";
export * from "./lists/folder_lists.ts";
export { isVideoName, videoFiles } from "./lists/video_folder.ts";
export * from "./lists/hmdb51_lists.ts";
export * from "./lists/kinetics_lists.ts";
export * from "./lists/list_text.ts";
export type { PassedOver, PassOver } from "./lists/passed_over.ts";
export * from "./lists/ssv2_lists.ts";
export * from "./lists/ucf101_lists.ts";
export * from "./lists/video_lists.ts";
export { writeLists } from "./lists/write_lists.ts";
export { type BufferPool, createBufferPool } from "./loader/buffer_pool.ts";
export * from "./loader/clip_batch.ts";
export * from "./loader/clip_batches.ts";
export { DAMAGE_ADVICE, type DamageBefore } from "./loader/damage_limit.ts";
export type { DecodingAheadOptions } from "./loader/decoding_ahead.ts";
export { type LagWatch, type LoopLag, loopLag, watchLoopLag } from "./loader/event_loop_lag.ts";
export type { SampleOrder } from "./loader/sample_order.ts";
export { stepsPerEpoch } from "./loader/sample_order.ts";
export * from "./loader/view_batch.ts";
export * from "./loader/view_batches.ts";
export * from "./oscc/ego4d_oscc.ts";
export * from "./oscc/oscc_annotations.ts";
export * from "./oscc/oscc_shapes.ts";
export { preparedSize } from "./prepare/prepare_file.ts";
export { measureSpeedUp, SPEED_CLIP, type SpeedUp } from "./prepare/measure_speed_up.ts";
export * from "./prepare/prepare_files.ts";
export { preparedList } from "./prepare/prepared_list.ts";
export * from "./process/find_ffmpeg.ts";
export * from "./process/limiter.ts";
export * from "./process/run_process.ts";
export {
  FILM_FORMATS,
  type FilmFormat,
  type FilmOptions,
  type FilmPicture,
  writeFilm,
} from "./process/write_film.ts";
export { VIDEO_ENDINGS } from "./process/video_formats.ts";
export { SHAPE_CLASSES, type ShapeClass } from "./shapes/motion.ts";
export { renderShapes, type ShapeVideo } from "./shapes/render_shapes.ts";
export * from "./shapes/shapes.ts";
export * from "./verify/file_findings.ts";
export * from "./verify/verify_files.ts";
export { type LabelledSplit, type Split, type UnreadableVideo } from "./videos/labelled_videos.ts";
export { listRows, splitThatIs } from "./videos/list_rows.ts";
export {
  prepareVideos,
  type PrepareVideosOptions,
  type RunVideos,
  type VideosTask,
} from "./videos/prepare_videos.ts";
