/**
 * The steps of pre-training and fine-tuning and their schedule: what trains on the command line and in a page.
 *
 * @module
 */

export {
  disposeBatch,
  selectBatch,
  type SelectedBatch,
  type SelectionContext,
} from "./batch_selection.ts";
export type { LoopStep } from "./loop_step.ts";
export { disposeSubject, openSubject, type SubjectOptions } from "./open_subject.ts";
export {
  batchLoss,
  type ObjectiveContext,
  pretrainStep,
  type TrainingContext,
} from "./pretrain_step.ts";
export { SetLosses, setLossName } from "./set_losses.ts";
export {
  type ClassifierGradients,
  classifierGradients,
  type FinetuneContext,
  finetuneStep,
} from "./finetune_step.ts";
export {
  ratesAt,
  type RunSchedule,
  runSchedule,
  type ScheduledTask,
  type StepRates,
} from "./run_schedule.ts";
