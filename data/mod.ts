/**
 * Video data for VideoMS: annotation lists, an index of video files, exact decoding with ffmpeg, crops,
 * augmentation, test views, loading of clip batches and data sets.
 *
 * Requires ffmpeg and ffprobe, and the permissions `--allow-read --allow-write --allow-env
 * --allow-run=ffmpeg,ffprobe`.
 *
 * @module
 */

// Data sets.
export { annotations, type AnnotationsOptions } from "./dataset/annotation_lists.ts";
export { SHAPE_TARGETS, shapes, type ShapesOptions, type ShapeTargets } from "./shapes/shapes.ts";
export { mix, type MixedSetsOptions } from "./dataset/mix.ts";
export type { MixedSet } from "./dataset/mixed_sets.ts";
export { type ClipSet, type MixedClasses, requireOneClassList } from "./dataset/clip_set.ts";
export { SHAPE_CLASSES, type ShapeClass } from "./shapes/motion.ts";
export {
  ego4dOscc,
  type Ego4dOsccOptions,
  MISSING_VIDEOS,
  type MissingVideos,
  type OsccFiles,
} from "./oscc/ego4d_oscc.ts";
export { osccShapes, type OsccShapesOptions } from "./oscc/oscc_shapes.ts";
export type {
  Dataset,
  DatasetSummary,
  PreparedDataset,
  PrepareOptions,
  PrepareProgress,
  TimeSpan,
  VideoSample,
} from "./dataset/dataset.ts";

// Annotation lists, and lists of published data sets.
export {
  type Annotation,
  parseAnnotations,
  type ParseAnnotationsOptions,
  readAnnotations,
  type ReadAnnotationsOptions,
} from "./annotations/annotations.ts";
export { folderLists, type FolderListsOptions } from "./lists/folder_lists.ts";
export { EGO4D_HELP, LIST_KINDS, type ListInput, type ListKind } from "./lists/list_kinds.ts";
export { hmdb51Lists, type Hmdb51ListsOptions } from "./lists/hmdb51_lists.ts";
export { kineticsLists, type KineticsListsOptions } from "./lists/kinetics_lists.ts";
export { ssv2Lists, type Ssv2ListsOptions } from "./lists/ssv2_lists.ts";
export { ucf101Lists, type Ucf101ListsOptions } from "./lists/ucf101_lists.ts";
export type { ListedVideo, VideoList, VideoLists, VideoListsOptions } from "./lists/video_lists.ts";
export { writeLists } from "./lists/write_lists.ts";
export { videoFiles } from "./lists/video_folder.ts";
export type { OnSkip, SkippedEntry } from "./lists/skipped_entry.ts";

// The index of video files, its cache, and manifests.
export { type IndexProgress, indexVideos, type IndexVideosOptions } from "./index/index_videos.ts";
export type { IndexedImages, IndexEntry, VideoRecord } from "./index/video_record.ts";
export type { ImageSeries } from "./images/image_series.ts";
export {
  type LabelMap,
  labelMapText,
  type LabelPair,
  mapLabels,
  readLabelPairs,
} from "./annotations/label_map.ts";
export type { ListedFrames } from "./annotations/list_columns.ts";
export type { TargetColumns } from "./annotations/target_columns.ts";
export type { EvenTimes, SeekTable } from "./index/seek_table.ts";
export type { FrameWindow } from "./index/frame_window.ts";
export type { CacheOptions } from "./index/index_cache.ts";
export { makeManifest, type Manifest, type ManifestFile } from "./index/manifest.ts";
export { type SharedContent, sharedContent, type SizedFile } from "./index/shared_content.ts";
export type { ContentPlace } from "./index/content_hash.ts";
export {
  CACHE_FOLDER,
  type CacheFile,
  cacheFile,
  checksCache,
  indexCache,
  type Report,
  reportCacheError,
} from "./cache/cache_files.ts";

// Decoding, and writing of films.
export { decodeClips, type DecodeClipsOptions } from "./decode/decode_clips.ts";
export type { ClipRequest, DecodedClip } from "./decode/clip_request.ts";
export type { GroupTimes } from "./decode/decode_group.ts";
export type { TriedClip } from "./decode/tried_clip.ts";
export { createKnownDamage, type KnownDamage } from "./decode/known_damage.ts";
export { createLimiter, type Limiter } from "./process/limiter.ts";
export {
  type Ffmpeg,
  ffmpegStartupTime,
  ffmpegVersion,
  findFfmpeg,
} from "./process/find_ffmpeg.ts";
export { type ProcessOptions, type ProcessResult, runProcess } from "./process/run_process.ts";
export { VIDEO_ENDINGS } from "./process/video_formats.ts";
export {
  FILM_FORMATS,
  type FilmFormat,
  type FilmOptions,
  writeFilm,
} from "./process/write_film.ts";

// Crops, augmentation and test views.
export { centreCrop, type CropBox, type FrameSize } from "./crop/crop_box.ts";
export { multiScaleCrop } from "./crop/multi_scale_crop.ts";
export {
  type AugmentationPlan,
  type ClipAugmentation,
  noAugmentation,
  standardAugmentation,
  type StandardAugmentationOptions,
} from "./augment/clip_augmentation.ts";
export type { CropPlan } from "./augment/crop_plan.ts";
export {
  applyOperations,
  type AugmentOperation,
  drawOperations,
  type OperationName,
  randAugment,
} from "./augment/rand_augment.ts";
export { parseRandAugment, type RandAugmentPolicy } from "./augment/rand_augment_policy.ts";
export { augmentationWarnings } from "./augment/augmentation_warnings.ts";
export { drawEraseBox, type EraseBox } from "./augment/random_erasing.ts";
export { randomResizedCrop, type RandomResizedCropOptions } from "./augment/random_resized_crop.ts";
export { cropResize, horizontalFlip } from "./augment/crop_resize.ts";
export { FRAME_ORDERS, type FrameOrder, orderFrames } from "./augment/frame_order.ts";
export type { PixelClip } from "./augment/pixel_clip.ts";
export {
  type ClipView,
  testViews,
  type TestViewsOptions,
  type ViewedVideo,
} from "./augment/test_views.ts";
export { countSameViews, type SameViews, sameViewsText } from "./loader/same_views.ts";

// Loading of batches.
export { partBounds } from "./loader/part_bounds.ts";
export { type RankShare, shareOfRank } from "./loader/share_of_rank.ts";
export { batchPlaces, microBatchesOf, type StepSize } from "./loader/batch_places.ts";
export { clipBatches, type ClipBatchesOptions } from "./loader/clip_batches.ts";
export {
  type ClipBatch,
  type ClipPlan,
  type ClipSets,
  clipsOf,
  type LabelledVideo,
  type PlanClip,
  type RawClips,
  type ReplacedClip,
  type StepClips,
} from "./loader/clip_batch.ts";
export {
  type ScoredViews,
  scoreViews,
  scoreViewsOnRanks,
  type SharedScoring,
} from "./loader/score_views.ts";
export { viewBatches, type ViewBatchesOptions } from "./loader/view_batches.ts";
export type { UnreadableView, ViewBatch, ViewedClip } from "./loader/view_batch.ts";
export type { DamageBefore } from "./loader/damage_limit.ts";
export type { DecodingAheadOptions } from "./loader/decoding_ahead.ts";
export { type SampleOrder, stepsPerEpoch } from "./loader/sample_order.ts";
export { type BufferPool, createBufferPool } from "./loader/buffer_pool.ts";
export {
  type BenchReport,
  benchReport,
  benchText,
  type LoaderTimes,
  waitShare,
} from "./loader/loader_bench.ts";
export { type LagWatch, type LoopLag, loopLag, watchLoopLag } from "./loader/event_loop_lag.ts";

// The videos of a run, and their identity.
export { type FrameRaster, frameRaster } from "./videos/frame_raster.ts";
export {
  checkDataset,
  prepareVideos,
  type PrepareVideosOptions,
  type RunTargets,
  type RunVideos,
  type VideosTask,
} from "./videos/prepare_videos.ts";
export {
  type LabelledSplit,
  type Split,
  type UnreadableVideo,
  withImageRate,
} from "./videos/labelled_videos.ts";
export { listRows, splitFor } from "./videos/list_rows.ts";
export { type ListForm, videoAt, videosAt } from "./videos/videos_at.ts";
export {
  type EvaluatedSplit,
  type EvaluatedVideo,
  evaluationData,
  type EvaluationList,
  evaluationList,
  type ListChoice,
  SPLITS,
} from "./videos/evaluation_list.ts";
export { parseShard, type Shard, shardRows } from "./videos/shard.ts";
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
export { requireSameData } from "./identity/same_data_on_ranks.ts";

// What is told of a run's data and result to others.
export { dataManifest } from "./publish/data_manifest.ts";
export { type CardFacts, type CardFigure, modelCard } from "./publish/model_card.ts";
export { withoutFolders } from "./publish/without_folders.ts";
export { type Published, writePublished } from "./publish/write_published.ts";

// Prepared copies and verification.
export {
  prepareFiles,
  type PrepareFilesOptions,
  type PrepareFilesProgress,
  type PrepareOutcome,
} from "./prepare/prepare_files.ts";
export { PREPARED_FORMS, type PreparedForm } from "./prepare/prepare_file.ts";
export { preparedList } from "./prepare/prepared_list.ts";
export { measureSpeedUp, SPEED_CLIP, type SpeedUp } from "./prepare/measure_speed_up.ts";
export { type VerifiedFile, verifyFiles, type VerifyFilesOptions } from "./verify/verify_files.ts";
export {
  type Fault,
  type FileCheck,
  type FileFindings,
  fileFindings,
  type Oddity,
} from "./verify/file_findings.ts";

// The log of a run, and the numbers in it.
export {
  type Curve,
  curvesOf,
  type Figure,
  figuresOf,
  type FigureSource,
  sourceId,
  sourceLabel,
} from "./log/figure.ts";
export { logCsv } from "./log/log_csv.ts";
export { headName, type LoggedMetric, loggedMetrics, type NamedHead } from "./log/logged_metric.ts";
export { loggedRows, withLogger } from "./log/logger_log.ts";
export { type Metric, metricKey, metricsOf } from "./log/metric.ts";
export {
  cutLog,
  LOG_FILE,
  type LogEntry,
  openLog,
  readLog,
  readLogLines,
  type RunLog,
} from "./log/run_log.ts";

// Loggers: where a run's numbers go beside its own log.
export type {
  LoggedPicture,
  LoggedRow,
  LoggedRun,
  LoggedScalar,
  Logger,
  RunEnd,
  RunLogger,
} from "./loggers/logger.ts";
export { mlflow, type MlflowOptions } from "./loggers/mlflow/mlflow.ts";
export { noLogger } from "./loggers/no_logger.ts";
export { openLogger } from "./loggers/open_logger.ts";
export { severalLoggers, type SeveralLoggersOptions } from "./loggers/several_loggers.ts";
export { tensorboard } from "./loggers/tensorboard.ts";
export { wandb, type WandbOptions } from "./loggers/wandb/wandb.ts";
