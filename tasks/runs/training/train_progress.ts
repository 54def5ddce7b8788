import { formatBar, formatDuration, formatMetric, formatPercent } from "@videoms/core/plain";
import { createStatusLine, type StatusOutput } from "@videoms/data/console";
import type { LoggedMetric } from "@videoms/data";

/** The progress line of a training. */
export interface TrainProgress {
  /**
   * Shows that so many steps are done.
   *
   * @param metrics the numbers of the log's last line about a step
   */
  update(step: number, metrics: readonly LoggedMetric[]): void;
  /** Prints a line of its own. */
  print(text: string): void;
  /** Ends the line; harmless when it has ended. */
  end(): void;
}

/** How long a training is. */
export interface TrainLength {
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly clipsPerStep: number;
}

const BAR_WIDTH = 16;

/** Narrower terminals go without the bar. */
const COLUMNS_FOR_BAR = 110;

/** Narrower terminals have single spaces, so that a line fits the usual 80 columns. */
const COLUMNS_FOR_GAPS = 100;

/** Shows progress of training: epoch, step, loss, learning rate, speed, wait share, time left. */
export function createTrainProgress(
  output: StatusOutput,
  { steps, stepsPerEpoch, clipsPerStep }: TrainLength,
): TrainProgress {
  const line = createStatusLine(output);
  let last: string | undefined;
  const textOf = (step: number, metrics: readonly LoggedMetric[]): string => {
    const valueOf = (wanted: string) => metrics.find(({ name }) => name === wanted)?.value ?? null;
    const shown = (name: string) => {
      const value = valueOf(name);
      return value === null ? "–" : formatMetric(name, value);
    };
    const columns = output.isTerminal ? output.columns() : COLUMNS_FOR_GAPS;
    return [
      ...(columns >= COLUMNS_FOR_BAR ? [formatBar(step / steps, BAR_WIDTH)] : []),
      `epoch ${Math.ceil(step / stepsPerEpoch)}/${Math.ceil(steps / stepsPerEpoch)}`,
      `step ${step}/${steps}`,
      `loss ${shown("loss")}`,
      `lr ${shown("learningRate")}`,
      `${shown("clipsPerSecond")} clips/s`,
      `wait ${formatPercent(valueOf("waitShare") ?? NaN, 0)}`,
      `ETA ${formatDuration((steps - step) * clipsPerStep / (valueOf("clipsPerSecond") ?? 0))}`,
    ].join(columns < COLUMNS_FOR_GAPS ? " " : "  ");
  };
  return {
    update(step, metrics) {
      last = textOf(step, metrics);
      line.show(last);
    },
    print: (message) => line.print(message),
    end() {
      line.end(last);
      last = undefined;
    },
  };
}
