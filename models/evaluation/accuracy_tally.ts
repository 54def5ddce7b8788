import { meanClassAccuracy, topK } from "../classifier/metrics.ts";
import { CalibrationTally } from "../targets/calibration_error.ts";
import { softmax } from "./softmax.ts";

/** How a classifier does on videos. Accuracies are shares of all videos; unreadable ones count as wrong. */
export interface VideoAccuracy {
  /** Total number of videos. */
  readonly videos: number;
  /** Top-1 accuracy by mean probability; on ties the lowest class is predicted. */
  readonly top1: number;
  /** Top-k accuracy. */
  readonly topK: number;
  /** 5, or the number of classes if there are fewer. */
  readonly k: number;
  /** Mean per-class accuracy over the classes that have videos. */
  readonly meanClass: number;
  /** Mean cross-entropy of the readable videos. */
  readonly loss: number;
  /**
   * Expected calibration error in 15 intervals: how far the mean probability of the predicted class is from the share
   * that is right, over the readable videos; NaN for none.
   */
  readonly calibrationError: number;
}

/** Sums up how a classifier does, video by video: softmax of each view, mean over the views of a video. */
export class AccuracyTally {
  /** Row-major [classes, classes]: row is the label, column the prediction; readable videos only. */
  readonly confusion: Uint32Array;
  /** Videos without a prediction, by label. */
  readonly missed: Uint32Array;
  readonly #sums: Float64Array;
  readonly #k: number;
  readonly #calibration = new CalibrationTally();
  #views = 0; // of the video at hand
  #read = 0;
  #topK = 0;
  #loss = 0;

  constructor(classes: number) {
    this.confusion = new Uint32Array(classes ** 2);
    this.missed = new Uint32Array(classes);
    this.#sums = new Float64Array(classes);
    this.#k = Math.min(5, classes);
  }

  /** Adds a view of the video at hand by its logits, float32 [classes]. */
  addView(logits: Float32Array): void {
    softmax(logits).forEach((probability, c) => this.#sums[c] += probability);
    this.#views++;
  }

  /** Ends a video, and says whether it is classified right; one without a view counts as wrong. */
  endVideo(label: number): boolean {
    const probabilities = this.#sums.map((sum) => sum / this.#views);
    const best = probabilities.indexOf(probabilities.reduce((a, b) => Math.max(a, b)));
    if (best < 0) this.missed[label]++; // no view, or one that is not finite
    else this.confusion[label * probabilities.length + best]++;
    if (this.#views === 0) return false;
    if (best >= 0) this.#calibration.add(probabilities[best], best === label);
    this.#topK += topK(probabilities, [label], this.#k)[0];
    this.#loss -= Math.log(Math.max(probabilities[label], Number.MIN_VALUE));
    this.#read++;
    this.#views = 0;
    this.#sums.fill(0);
    return best === label;
  }

  /** How the classifier does on the videos so far. */
  accuracy(): VideoAccuracy {
    const { confusion, missed } = this;
    const sum = (counts: Uint32Array) => counts.reduce((a, b) => a + b, 0);
    const videos = sum(confusion) + sum(missed);
    const right = missed.reduce((all, _, c) => all + confusion[c * missed.length + c], 0);
    return {
      videos,
      top1: right / videos,
      topK: this.#topK / videos,
      k: this.#k,
      meanClass: meanClassAccuracy(confusion, missed),
      loss: this.#loss / this.#read,
      calibrationError: this.#calibration.error(),
    };
  }
}
