/**
 * Runs of VideoMS: typed task files, run folders, progress, pictures and the command line.
 *
 * @module
 */

export * from "./ablate/ablation_record.ts";
export * from "./command_line/command.ts";
export * from "./command_line/help.ts";
export * from "./command_line/parse_command.ts";
export * from "./command_line/plugins.ts";
export * from "./command_line/process_host.ts";
export * from "./command_line/run_command_line.ts";
export { type UserPaths, userPaths } from "./command_line/user_paths.ts";
export * from "./evaluate/confusion_picture.ts";
export * from "./evaluate/merge_scores.ts";
export * from "./evaluate/score_summary.ts";
export * from "./evaluate/scores_file.ts";
export * from "./evaluate/shard.ts";
export * from "./evaluate/summary_json.ts";
export { summaryText } from "./evaluate/summary_text.ts";
export * from "./evaluate/view_scores.ts";
export * from "./log_export/event_log.ts";
export * from "./log_export/log_csv.ts";
export * from "./log_export/numeric_fields.ts";
export * from "./picture/canvas.ts";
export * from "./picture/heat_map.ts";
export * from "./picture/picture_grid.ts";
export * from "./picture/png.ts";
export * from "./picture/text.ts";
export * from "./picture/token_overlay.ts";
export * from "./progress/format.ts";
export * from "./progress/format_command.ts";
export * from "./progress/meter.ts";
export * from "./progress/progress.ts";
export * from "./progress/status_line.ts";
export * from "./progress/status_output.ts";
export * from "./progress/train_progress.ts";
export * from "./report/statistics.ts";
export * from "./run_folder/checkpoint_store.ts";
export * from "./run_folder/run_folder.ts";
export * from "./run_folder/run_lock.ts";
export * from "./run_folder/run_log.ts";
export * from "./run_folder/task_difference.ts";
export * from "./run_folder/versions.ts";
export * from "./run_folder/write_atomically.ts";
export * from "./task/ablate_task.ts";
export * from "./task/apply_overrides.ts";
export { checkFinetune } from "./task/check_finetune.ts";
export * from "./task/check_pretrain.ts";
export * from "./task/check_probe.ts";
export * from "./task/deep_freeze.ts";
export * from "./task/define_ablate.ts";
export * from "./task/define_finetune.ts";
export * from "./task/define_pretrain.ts";
export * from "./task/define_probe.ts";
export * from "./task/field_rule.ts";
export * from "./task/finetune_fields.ts";
export * from "./task/finetune_task.ts";
export * from "./task/load_task.ts";
export * from "./task/pretrain_fields.ts";
export * from "./task/pretrain_task.ts";
export * from "./task/probe_fields.ts";
export * from "./task/probe_task.ts";
export * from "./task/run_task.ts";
export * from "./task/task_change.ts";
export * from "./task/task_fields.ts";
export * from "./task/task_kinds.ts";
