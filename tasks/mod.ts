/**
 * Runs of VideoMS: typed task files, run folders, progress, pictures and the command line.
 *
 * @module
 */

export * from "./run_folder/checkpoint_store.ts";
export * from "./run_folder/run_folder.ts";
export * from "./run_folder/run_lock.ts";
export * from "./run_folder/run_log.ts";
export * from "./run_folder/task_difference.ts";
export * from "./run_folder/versions.ts";
export * from "./run_folder/write_atomically.ts";
export * from "./task/apply_overrides.ts";
export * from "./task/check_pretrain.ts";
export * from "./task/deep_freeze.ts";
export * from "./task/define_pretrain.ts";
export * from "./task/field_rule.ts";
export * from "./task/load_task.ts";
export * from "./task/pretrain_fields.ts";
export * from "./task/pretrain_task.ts";
export * from "./task/task_fields.ts";
