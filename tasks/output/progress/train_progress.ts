import type { StatusOutput } from "../output.ts";
import { formatBar, formatDuration, formatNumber, formatPercent } from "./format.ts";
import { createMeter } from "./meter.ts";
import { createStatusLine } from "./status_line.ts";

/** One optimiser step, for the progress line. */
export interface TrainStep {
  /** Steps done, this one included. */
  step: number;
  /** Mean loss of the steps that were last read back; null before the first time. */
  loss: number | null;
  rate: number;
  clips: number;
  /** Seconds that the step took, waiting included. */
  seconds: number;
  /** Seconds of it that were spent waiting for data. */
  waitSeconds: number;
}

export interface TrainProgress {
  update(step: TrainStep): void;
  /** Prints a line of its own. */
  print(text: string): void;
  /** Ends the line; harmless when it has ended. */
  end(): void;
}

const BAR_WIDTH = 16;

/** Narrower terminals go without the bar. */
const COLUMNS_FOR_BAR = 110;

/** Narrower terminals have single spaces, so that a line fits the usual 80 columns. */
const COLUMNS_FOR_GAPS = 100;

/** Shows progress of training: epoch, step, loss, learning rate, speed, wait share, time left. */
export function createTrainProgress(
  output: StatusOutput,
  { steps, stepsPerEpoch }: { readonly steps: number; readonly stepsPerEpoch: number },
): TrainProgress {
  const line = createStatusLine(output);
  const [seconds, waiting, clips] = [createMeter(), createMeter(), createMeter()];
  const epochs = Math.ceil(steps / stepsPerEpoch);
  let last: TrainStep | null = null;
  const text = (now: TrainStep): string => {
    const time = seconds.value();
    const epoch = Math.ceil(now.step / stepsPerEpoch);
    const columns = output.isTerminal ? output.columns() : COLUMNS_FOR_GAPS;
    return [
      ...(columns >= COLUMNS_FOR_BAR ? [formatBar(now.step / steps, BAR_WIDTH)] : []),
      `epoch ${epoch}/${epochs}`,
      `step ${now.step}/${steps}`,
      `loss ${now.loss === null ? "–" : formatNumber(now.loss)}`,
      `lr ${formatNumber(now.rate)}`,
      `${formatNumber(time === null ? 0 : clips.value()! / time)} clips/s`,
      `wait ${formatPercent(time === null ? 0 : waiting.value()! / time, 0)}`,
      `ETA ${formatDuration((steps - now.step) * (time ?? Infinity))}`,
    ].join(columns < COLUMNS_FOR_GAPS ? " " : "  ");
  };
  return {
    update(step) {
      last = step;
      seconds.add(step.seconds);
      waiting.add(step.waitSeconds);
      clips.add(step.clips);
      line.show(text(step));
    },
    print: (message) => line.print(message),
    end() {
      if (last) line.end(text(last));
      last = null;
    },
  };
}
