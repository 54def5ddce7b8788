import type { PretrainTask } from "../definition/pretrain_task.ts";
import type { CellTasks } from "../definition/task_change.ts";
import { cellId } from "./cell_id.ts";
import { type RunCost, wholeCost } from "../runs/cost/run_cost.ts";

/** Seconds of an optimiser step by {@linkcode timingId} of the pre-training. */
export type SecondsPerStep = ReadonlyMap<string, number>;

/** Optimiser steps of a measurement. */
const MEASURED_STEPS = 16;

/** The short run that a pre-training's speed is measured by. */
export function timingTask(task: PretrainTask): PretrainTask {
  return {
    ...task,
    seed: 0, // speed does not depend on it, so that one measurement serves all seeds
    steps: MEASURED_STEPS,
    optimizer: { ...task.optimizer, warmupEpochs: 0, warmupSteps: 0 },
    logEvery: 2,
    pictureEvery: 0,
  };
}

/** What pre-trainings of the same speed have in common. */
export function timingId(task: PretrainTask): string {
  return cellId({ pretrain: timingTask(task) });
}

interface PretrainedCell {
  readonly tasks: CellTasks;
  readonly costs: { readonly pretrain?: RunCost };
}

/**
 * Steps of a cell's pre-training that cost what the reference's pre-training costs: its
 * multiply-accumulates, or its time where the seconds of a step are given. At least one.
 */
export function equalSteps(
  { tasks, costs }: PretrainedCell,
  reference: PretrainedCell,
  secondsPerStep: SecondsPerStep | null,
): number {
  const own = costs.pretrain!;
  const other = reference.costs.pretrain!;
  const seconds = (task: PretrainTask) => secondsPerStep!.get(timingId(task))!;
  const steps = secondsPerStep
    ? other.steps * seconds(reference.tasks.pretrain!) / seconds(tasks.pretrain!)
    : wholeCost(other) / (own.clipsPerStep * own.perClip);
  return Math.max(1, Math.round(steps));
}
