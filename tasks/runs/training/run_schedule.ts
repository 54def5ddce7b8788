import { cosineAt, type CosineSchedule, type Json, scaledRate } from "@videoms/core";
import type { RunTask } from "../../definition/run_task.ts";
import type { RunFolder } from "../folder/run_folder.ts";

/** Length and schedules of a run, in optimiser steps. */
export interface RunSchedule {
  steps: number;
  stepsPerEpoch: number;
  /** Learning rate, already scaled to the clips of a step. */
  learningRate: CosineSchedule;
  weightDecay: CosineSchedule;
}

/**
 * The schedule of a task.
 *
 * A warm-up is given in epochs or in steps. Where `steps` sets the length of the run in place of
 * `epochs`, the schedule is squeezed into it: a warm-up in epochs keeps its share of the run.
 *
 * @param stepsPerEpoch optimiser steps of one pass over the training list
 * @throws {RangeError} if the warm-up is longer than the run
 */
export function runSchedule(
  task: Pick<RunTask, "optimizer" | "epochs" | "steps" | "batch" | "accumulate">,
  stepsPerEpoch: number,
): RunSchedule {
  const { optimizer, epochs, batch, accumulate } = task;
  const steps = task.steps ?? epochs * stepsPerEpoch;
  const warmupSteps = optimizer.warmupSteps > 0
    ? optimizer.warmupSteps
    : Math.round(optimizer.warmupEpochs / epochs * steps);
  if (warmupSteps > steps) {
    throw new RangeError(
      `Cannot train: the warm-up must not be longer than the run, got ${warmupSteps} of ${steps} ` +
        "steps. Shorten the warm-up (optimizer.warmupSteps, optimizer.warmupEpochs) or lengthen the run.",
    );
  }
  const rate = (perReferenceBatch: number) => scaledRate(perReferenceBatch, batch * accumulate);
  return {
    steps,
    stepsPerEpoch,
    learningRate: {
      base: rate(optimizer.lr),
      final: rate(optimizer.minLr),
      steps,
      warmupSteps,
      warmupStart: rate(optimizer.warmupLr),
    },
    weightDecay: {
      base: optimizer.weightDecay,
      final: optimizer.weightDecayEnd ?? optimizer.weightDecay,
      steps,
    },
  };
}

/** Rate and decay of a step, counted from 0. */
export function ratesAt(
  schedule: RunSchedule,
  step: number,
): { learningRate: number; weightDecay: number } {
  return {
    learningRate: cosineAt(schedule.learningRate, step),
    weightDecay: cosineAt(schedule.weightDecay, step),
  };
}

/**
 * What `task.json` keeps of a run that is made longer; nothing for one that is not.
 *
 * @throws {RangeError} if the run would become shorter than it was
 */
export async function checkExtension(
  folder: RunFolder,
  task: RunTask,
  schedule: RunSchedule,
  tell: (text: string) => void,
): Promise<Record<string, Json>> {
  const { earlier, path } = folder;
  const former = earlier?.task as RunTask | undefined;
  // Where neither differs, it is the number of videos that has changed, if anything has.
  if (!former || (former.steps === task.steps && former.epochs === task.epochs)) return {};
  const before = runSchedule(former, schedule.stepsPerEpoch);
  const { steps } = schedule;
  if (steps === before.steps) return {};
  if (steps < before.steps) {
    throw new RangeError(
      `Cannot resume the run in "${path}" with --extend: it must become longer, got ${steps} steps in place of ` +
        `${before.steps}`,
    );
  }
  const step = (await folder.checkpoints.steps()).at(-1) ?? 0;
  const rate = (one: RunSchedule) => ratesAt(one, step).learningRate.toPrecision(3);
  tell(
    `Extending the run from ${before.steps} to ${steps} steps: from step ${step} on the learning rate is ` +
      `that of the longer schedule, ${rate(schedule)} in place of ${rate(before)}`,
  );
  const extended = (earlier!.extended ?? []) as readonly Json[];
  const entry = { at: new Date().toISOString(), step, from: before.steps, to: steps };
  return { extended: [...extended, entry] };
}
