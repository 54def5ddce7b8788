/**
 * Runs of VideoMS: task files, pre-training, fine-tuning, probes, evaluation, ablations and reports. The parts of
 * tasks and results have their types in `@videoms/tasks/types`; the command line is `@videoms/tasks/cli`.
 *
 * @module
 */

// Task files.
export {
  type AblateOptions,
  type AblateTask,
  defineAblation,
  type Fold,
} from "./definition/ablate_task.ts";
export {
  defineFinetune,
  type FinetuneOptions,
  type FinetuneTask,
} from "./definition/finetune_task.ts";
export {
  definePretrain,
  type PretrainOptions,
  type PretrainTask,
} from "./definition/pretrain_task.ts";
export { defineProbe, type ProbeOptions, type ProbeTask } from "./definition/probe_task.ts";
export { applyOverrides, type Override } from "./definition/apply_overrides.ts";
export { checkTask } from "./definition/check_task.ts";
export { loadTask } from "./definition/load_task.ts";
export { type LoadedRegistry, loadRegistry } from "./definition/plugins.ts";

// Training.
export {
  finetune,
  type FinetuneResult,
  type FinetuneRunOptions,
} from "./runs/finetune/finetune.ts";
export { pretrain, type PretrainResult } from "./runs/pretrain/pretrain.ts";
export { probe, type ProbeResult } from "./runs/probe/probe.ts";
export type { RunStartOptions } from "./runs/training/open_run.ts";
export type { RunResult } from "./runs/training/run_training.ts";
export { NonFiniteError } from "./runs/training/step_watch.ts";

// What is done with a trained network.
export { type Control, CONTROLS } from "./evaluation/evaluate/control.ts";
export { evaluate, type EvaluateOptions, type Evaluation } from "./evaluation/evaluate/evaluate.ts";
export { extract, type ExtractOptions, type ExtractResult } from "./evaluation/extract/extract.ts";
export { type Look, look, type LookOptions } from "./evaluation/look/look.ts";
export { openClassifier, type TrainedClassifier } from "./runs/classifier/trained_classifier.ts";
export {
  type ClassProbability,
  predict,
  type PredictedNumber,
  type Prediction,
  type PredictOptions,
} from "./evaluation/predict/predict.ts";

// Many runs.
export { ablate, type AblateRunOptions, type AblationResult } from "./compare/ablate/ablate.ts";
export { report, type ReportOptions, type WrittenReport } from "./compare/report/report.ts";

// What runs write and print.
export { type LogEntry, type Metric, metricKey, metricsOf, readLog } from "@videoms/data";
export { formatMetric, type MetricKind, metricKind } from "@videoms/core/plain";
export { createOutput, type Output, standardOutput, textOutput } from "@videoms/data/console";
