import {
  COSINE,
  cosineAt,
  type CosineSchedule,
  scaledRate,
  type Schedule,
  scheduleAt,
} from "@videoms/core";

/** Length and schedules of a run, in optimiser steps. */
export interface RunSchedule {
  steps: number;
  stepsPerEpoch: number;
  /** Learning rate, already scaled to the clips of a step. */
  learningRate: CosineSchedule;
  /** How the learning rate falls. */
  curve: Schedule;
  weightDecay: CosineSchedule;
  /** Decay of the EMA of the weights, from its first step to its end, in a straight line; null for no EMA. */
  emaDecay: { base: number; final: number } | null;
}

/** The fields of a task that say how long it trains, and how fast. */
export interface ScheduledTask {
  /** Rates are given per 256 clips. */
  readonly optimizer: {
    readonly lr: number;
    readonly minLr: number;
    readonly warmupLr: number;
    readonly warmupEpochs: number;
    readonly warmupSteps: number;
    readonly weightDecay: number;
    readonly weightDecayEnd: number | null;
    readonly emaDecay?: number | null;
    /** Null keeps it constant. */
    readonly emaDecayEnd?: number | null;
  };
  readonly epochs: number;
  /** Null derives them from the epochs. */
  readonly steps: number | null;
  readonly batch: number;
  readonly accumulate: number;
}

/**
 * The schedule of a task.
 *
 * A warm-up is given in epochs or in steps. Where `steps` sets the length of the run in place of
 * `epochs`, the schedule is squeezed into it: a warm-up in epochs keeps its share of the run.
 *
 * @param stepsPerEpoch optimiser steps of one pass over the training list
 * @param curve how the learning rate falls
 * @throws {RangeError} if the warm-up is longer than the run
 */
export function runSchedule(
  task: ScheduledTask,
  stepsPerEpoch: number,
  curve: Schedule = COSINE,
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
    curve,
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
    emaDecay: averageSchedule(optimizer),
  };
}

function averageSchedule(
  { emaDecay: base = null, emaDecayEnd }: ScheduledTask["optimizer"],
): RunSchedule["emaDecay"] {
  return base === null ? null : { base, final: emaDecayEnd ?? base };
}

/** What changes from step to step. */
export interface StepRates {
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Left out where there is no EMA. */
  readonly emaDecay?: number;
}

/** Rate and decays of a step, counted from 0. */
export function ratesAt(schedule: RunSchedule, step: number): StepRates {
  const { emaDecay } = schedule;
  return {
    learningRate: scheduleAt(schedule.learningRate, step, schedule.curve),
    weightDecay: cosineAt(schedule.weightDecay, step),
    ...emaDecay && {
      emaDecay: emaDecay.base + step * (emaDecay.final - emaDecay.base) / schedule.steps,
    },
  };
}
