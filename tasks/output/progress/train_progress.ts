import { formatBar, formatDuration, formatNumber } from "./format.ts";
import { createMeter } from "./meter.ts";
import { createStatusLine, type StatusLineOptions } from "./status_line.ts";
import { standardOutput } from "../standard_output.ts";

/** Size of a training run. */
export interface TrainProgressOptions extends StatusLineOptions {
  /** Optimiser steps of the whole run. */
  steps: number;
  /** Optimiser steps of an epoch. */
  stepsPerEpoch: number;
  /** Weight of the past in the means. @default 0.9 */
  smoothing?: number;
}

/** One optimiser step, as it is told to the progress. */
export interface TrainStep {
  /** Steps done, this one included. */
  step: number;
  /** Mean loss of the steps that were last read back; null before the first time. */
  loss: number | null;
  /** Learning rate of the step. */
  rate: number;
  /** Clips of the step. */
  clips: number;
  /** Seconds that the step took, waiting included. */
  seconds: number;
  /** Seconds of it that were spent waiting for data. */
  waitSeconds: number;
}

/** Speeds, as the log has them too. */
export interface TrainSpeed {
  /** Smoothed; null before the first step. */
  clipsPerSecond: number | null;
  /** Share of the time that was spent waiting for data, 0 to 1; smoothed. */
  waitShare: number | null;
  /** Loss that is known. */
  loss: number | null;
}

/** Progress of training. */
export interface TrainProgress {
  /** Tells of a step. */
  update(step: TrainStep): void;
  /** Prints a line of its own. */
  print(text: string): void;
  /** Speeds so far. */
  speed(): TrainSpeed;
  /** Ends the line; harmless when it has ended. */
  end(): void;
}

const BAR_WIDTH = 16;

/** Narrower terminals go without the bar. */
const COLUMNS_FOR_BAR = 110;

/** Narrower terminals have single spaces, so that a line fits the usual 80 columns. */
const COLUMNS_FOR_GAPS = 100;

/** Shows progress of training: place, loss, rate, speed, share of waiting, time left. */
export function createTrainProgress(options: TrainProgressOptions): TrainProgress {
  const { steps, stepsPerEpoch, smoothing = 0.9, output = standardOutput().status } = options;
  const line = createStatusLine({ ...options, output });
  const seconds = createMeter(smoothing);
  const waiting = createMeter(smoothing);
  const clips = createMeter(smoothing);
  const epochs = Math.ceil(steps / stepsPerEpoch);
  let last: TrainStep | null = null;
  let loss: number | null = null;

  const speed = (): TrainSpeed => {
    const time = seconds.value();
    return {
      clipsPerSecond: time === null ? null : clips.value()! / time,
      waitShare: time === null ? null : waiting.value()! / time,
      loss,
    };
  };
  const text = (now: TrainStep): string => {
    const { clipsPerSecond, waitShare } = speed();
    const epoch = Math.ceil(now.step / stepsPerEpoch);
    const narrow = output.isTerminal && output.columns() < COLUMNS_FOR_GAPS;
    const wide = output.isTerminal && output.columns() >= COLUMNS_FOR_BAR;
    return [
      ...(wide ? [formatBar(now.step / steps, BAR_WIDTH)] : []),
      `epoch ${epoch}/${epochs}`,
      `step ${now.step}/${steps}`,
      `loss ${now.loss === null ? "–" : formatNumber(now.loss)}`,
      `rate ${formatNumber(now.rate)}`,
      `${formatNumber(clipsPerSecond ?? 0)} clips/s`,
      `wait ${Math.round(100 * (waitShare ?? 0))}%`,
      `ETA ${formatDuration((steps - now.step) * (seconds.value() ?? Infinity))}`,
    ].join(narrow ? " " : "  ");
  };
  return {
    update(step) {
      last = step;
      loss = step.loss;
      seconds.add(step.seconds);
      waiting.add(step.waitSeconds);
      clips.add(step.clips);
      line.show(text(step));
    },
    print: (message) => line.print(message),
    speed,
    end() {
      if (last) line.end(text(last));
      last = null;
    },
  };
}
