/**
 * Types that the signatures of `@videoms/tasks` and `@videoms/tasks/cli` are made of: parts of tasks, options and
 * results. Few need their names; `PretrainTask["model"]` says the same as `PretrainModel`.
 *
 * @module
 */

export type { EndedCell } from "../compare/ablate/ablate.ts";
export type {
  AblationRecord,
  AxisRecord,
  CellPlan,
  CellResult,
  CellSkip,
  CellStage,
  Measure,
} from "../compare/ablate/ablation_record.ts";
export type {
  Command,
  CommandInput,
  FlagSpec,
  FlagSpecs,
  FlagType,
  FlagValue,
  FlagValues,
  LazyCommand,
  OneValue,
  PositionalSpec,
  ProcessOutput,
  Program,
  StandardStream,
  StatusOutput,
  UserPaths,
} from "@videoms/data/console";
export { type AxisLevels, EQUAL_COSTS, type EqualCost } from "../definition/ablate_task.ts";
export type { FieldPath, FieldValue, Given } from "../definition/field_table.ts";
export {
  type FinetuneData,
  type FinetuneEvaluation,
  type FinetuneMix,
  type FinetuneModel,
  type FinetuneObjective,
  type FinetuneOptimizer,
  type FinetuneStart,
  WEIGHT_CHOICES,
  type WeightChoice,
} from "../definition/finetune_task.ts";
export type { LoadableTasks } from "../definition/load_task.ts";
export type { PretrainData, PretrainModel } from "../definition/pretrain_task.ts";
export {
  ENCODER_WEIGHTS,
  type EncoderWeights,
  type ProbeEncoder,
  type ProbeHeadGrid,
} from "../definition/probe_task.ts";
export type {
  ClipData,
  EncoderModel,
  RunEvaluation,
  RunOptimizer,
  RunStart,
  RunTask,
} from "../definition/run_task.ts";
export {
  type ChangeOf,
  OWN_FIELDS,
  type PluginPath,
  type TaskChange,
  type ValueAt,
} from "../definition/task_change.ts";
export type { AnyTask, TaskKind, TaskTypes } from "../definition/task_kinds.ts";
export type { ScoredVideos } from "../evaluation/evaluate/score_videos.ts";
export {
  FEATURE_KINDS,
  FEATURE_TYPES,
  type FeatureKind,
  type FeatureType,
} from "../evaluation/extract/view_features.ts";
export type { LookStatistics, StrategyStatistics } from "../evaluation/look/look_statistics.ts";
export type { Unit } from "@videoms/core/plain";
export type { ClassifiedClips } from "@videoms/studio/classify";
export type { OpenClassifierOptions } from "../runs/classifier/trained_classifier.ts";
export type { Validation } from "../runs/classifier/validation.ts";
export type { CostComparison } from "../runs/finetune/cost_comparison.ts";
export type { ValidationPoint } from "../runs/finetune/validate.ts";
export type { RunFolderOptions } from "../runs/folder/run_folder.ts";
export type { DeviceChoice } from "../runs/network/task_device.ts";
export type { RatedHead, RatedHeads } from "../runs/probe/rated_heads.ts";
export type { ResumeChoice } from "../runs/training/open_run.ts";
export { TUNE_CHOICES, type TuneChoice, type TuningOptions } from "../runs/training/run_tuning.ts";
export type { ViewCounts } from "@videoms/studio/views";
