import { averagePrecision } from "./average_precision.ts";
import { calibrationError } from "./calibration_error.ts";
import { predictionsOf, type Targets } from "./targets.ts";
import type { VideoTally, WantedVideo } from "./video_tally.ts";

/** How labels are predicted. */
export interface LabelFigures {
  /** Mean over the labels of their average precision (mAP). */
  readonly meanAveragePrecision: number;
  /** Expected calibration error over all labels of all videos. */
  readonly calibrationError: number;
}

/** How numbers are predicted. */
export interface NumberFigures {
  /** Mean over the numbers of R² = 1 − Σ (y − ŷ)² / Σ (y − mean y)². */
  readonly r2: number;
  /** Mean over the numbers of the mean absolute error, each in its own unit. */
  readonly meanAbsoluteError: number;
}

/** How targets of videos are predicted. */
export interface TargetRating {
  /** Videos that could be read; the others are left out. */
  readonly videos: number;
  /** Mean binary cross-entropy of labels; mean squared error of numbers, in variances of the training videos. */
  readonly loss: number;
  readonly figures: LabelFigures | NumberFigures;
  /** Figures of each name: average precision of a label; R² of a number. */
  readonly perName: readonly number[];
}

/** The largest cross-entropy of a label, so that one that is taken for certain does not hide all others. */
const LEAST = 1e-12;

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sums up how targets are predicted, video by video: the mean over the views of a video. */
export class TargetTally implements VideoTally<TargetRating> {
  readonly #targets: Targets;
  readonly #predicted: number[][] = [];
  readonly #wanted: (readonly number[])[] = [];
  #views: number[][] = []; // of the video at hand

  constructor(targets: Targets) {
    this.#targets = targets;
  }

  /** Adds a view of the video at hand by its scores, float32 [C]. */
  addView(scores: Float32Array): void {
    this.#views.push(predictionsOf(this.#targets, scores));
  }

  /** Ends a video; one without a view is left out. */
  endVideo({ targets: wanted }: Pick<WantedVideo, "targets">): void {
    const views = this.#views;
    this.#views = [];
    if (views.length === 0 || !wanted) return;
    this.#predicted.push(wanted.map((_, c) => mean(views.map((view) => view[c]))));
    this.#wanted.push(wanted);
  }

  /** How the targets of the videos so far are predicted; NaN for none. */
  rating(): TargetRating {
    const videos = this.#wanted.length;
    const columns = this.#targets.mean.map((_, c) => ({
      predicted: this.#predicted.map((row) => row[c]),
      wanted: this.#wanted.map((row) => row[c]),
    }));
    return {
      videos,
      ...this.#targets.kind === "labels" ? ratedLabels(columns) : this.#numbers(columns),
    };
  }

  #numbers(columns: readonly Column[]): Omit<TargetRating, "videos"> {
    const off = columns.map(({ predicted, wanted }) => wanted.map((y, i) => y - predicted[i]));
    const perName = columns.map(({ wanted }, c) => {
      const centre = mean(wanted);
      const spread = wanted.reduce((sum, y) => sum + (y - centre) ** 2, 0);
      return 1 - off[c].reduce((sum, one) => sum + one ** 2, 0) / spread;
    });
    const { std } = this.#targets;
    return {
      loss: mean(off.flatMap((column, c) => column.map((one) => (one / std[c]) ** 2))),
      figures: {
        r2: mean(perName),
        meanAbsoluteError: mean(off.map((column) => mean(column.map(Math.abs)))),
      },
      perName,
    };
  }
}

interface Column {
  readonly predicted: readonly number[];
  readonly wanted: readonly number[];
}

function ratedLabels(columns: readonly Column[]): Omit<TargetRating, "videos"> {
  const predicted = columns.flatMap((column) => column.predicted);
  const wanted = columns.flatMap((column) => column.wanted);
  const perName = columns.map((column) => averagePrecision(column.predicted, column.wanted));
  const surprise = (p: number) => -Math.log(Math.max(p, LEAST));
  return {
    loss: mean(
      wanted.map((y, i) => y * surprise(predicted[i]) + (1 - y) * surprise(1 - predicted[i])),
    ),
    figures: {
      meanAveragePrecision: mean(perName),
      calibrationError: calibrationError(predicted, wanted),
    },
    perName,
  };
}
