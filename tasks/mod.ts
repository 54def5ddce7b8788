/**
 * Runs of VideoMS: typed task files, run folders, progress, pictures and the command line.
 *
 * @module
 */

export * from "./ablate/ablation_record.ts";
export * from "./commands/line/command.ts";
export * from "./commands/line/help.ts";
export * from "./commands/line/parse_command.ts";
export * from "./definition/plugins.ts";
export * from "./commands/line/process_host.ts";
export * from "./commands/line/run_command_line.ts";
export { type UserPaths, userPaths } from "./commands/line/user_paths.ts";
export * from "./commands/line/stop_signals.ts";
export * from "./evaluation/evaluate/confusion_picture.ts";
export * from "./evaluation/evaluate/merge_scores.ts";
export * from "./evaluation/evaluate/scores_file.ts";
export * from "./evaluation/evaluate/shard.ts";
export * from "./evaluation/evaluate/summary_json.ts";
export { summaryText } from "./evaluation/evaluate/summary_text.ts";
export * from "./runs/log/event_log.ts";
export * from "./runs/log/log_csv.ts";
export * from "./runs/log/logged_metric.ts";
export * from "./runs/log/metric.ts";
export * from "./output/metrics.ts";
export * from "./output/output.ts";
export * from "./output/standard_output.ts";
export * from "./output/status_output.ts";
export * from "./output/stream_writer.ts";
export * from "./pictures/canvas.ts";
export * from "./pictures/heat_map.ts";
export * from "./pictures/picture_grid.ts";
export * from "./pictures/png.ts";
export * from "./pictures/text.ts";
export * from "./pictures/token_overlay.ts";
export * from "./output/progress/format.ts";
export * from "./output/progress/format_command.ts";
export * from "./output/progress/meter.ts";
export * from "./output/progress/progress.ts";
export * from "./output/progress/status_line.ts";
export * from "./output/progress/train_progress.ts";
export * from "./report/statistics.ts";
export * from "./runs/folder/checkpoint_store.ts";
export * from "./runs/folder/run_folder.ts";
export * from "./runs/folder/run_lock.ts";
export * from "./runs/log/run_log.ts";
export * from "./runs/folder/task_difference.ts";
export * from "./runs/folder/versions.ts";
export * from "@videoms/data/files";
export {
  type AblateOptions,
  type AblateTask,
  type AxisLevels,
  defineAblation,
  EQUAL_COSTS,
  type EqualCost,
} from "./definition/ablate_task.ts";
export { applyOverrides, type Override } from "./definition/apply_overrides.ts";
export { checkTask } from "./definition/check_task.ts";
export type { Field, FieldType } from "./definition/field.ts";
export type { FieldPath, FieldsByPath, FieldValue, Given } from "./definition/field_table.ts";
export {
  defineFinetune,
  type FinetuneData,
  type FinetuneEvaluation,
  type FinetuneMix,
  type FinetuneModel,
  type FinetuneObjective,
  type FinetuneOptimizer,
  type FinetuneOptions,
  type FinetuneStart,
  type FinetuneTask,
  WEIGHT_CHOICES,
  type WeightChoice,
} from "./definition/finetune_task.ts";
export { type LoadableTasks, loadTask } from "./definition/load_task.ts";
export {
  definePretrain,
  type PretrainData,
  type PretrainModel,
  type PretrainOptions,
  type PretrainTask,
} from "./definition/pretrain_task.ts";
export {
  defineProbe,
  ENCODER_WEIGHTS,
  type EncoderWeights,
  type ProbeEncoder,
  type ProbeHeadGrid,
  type ProbeOptions,
  type ProbeTask,
} from "./definition/probe_task.ts";
export type {
  ClipData,
  EncoderModel,
  RunEvaluation,
  RunOptimizer,
  RunStart,
  RunTask,
} from "./definition/run_task.ts";
export type {
  CellTasks,
  ChangeOf,
  OWN_FIELDS,
  PluginPath,
  TaskChange,
  ValueAt,
} from "./definition/task_change.ts";
export {
  type AnyTask,
  TASK_KINDS,
  type TaskKind,
  type TaskKindFacts,
  type TaskTypes,
} from "./definition/task_kinds.ts";
