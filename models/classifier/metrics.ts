function classesOf(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const classes = scores.length / labels.length;
  if (!Number.isInteger(classes) || classes < 1) {
    throw new RangeError(
      `Cannot rate predictions: there must be as many scores for each label, got ${scores.length} scores and ${labels.length} labels`,
    );
  }
  for (let b = 0; b < labels.length; b++) {
    if (!Number.isInteger(labels[b]) || labels[b] < 0 || labels[b] >= classes) {
      throw new RangeError(
        `Cannot rate predictions: a label must be a whole number from 0 below ${classes}, got ${
          labels[b]
        }`,
      );
    }
  }
  return classes;
}

/**
 * Whether each label is among the k largest scores. Of equal scores the lower class counts as larger,
 * and NaN as the largest.
 *
 * @param scores row-major [B, classes]
 * @param labels [B], 0 … classes − 1
 * @param k from 1. @default the lesser of 5 and the number of classes
 * @returns [B], 1 or 0
 * @throws {RangeError} if the scores are not whole rows, or a label or k is out of range
 * @example
 * ```ts
 * import { topK } from "@videoms/models";
 *
 * const scores = [0.1, 0.7, 0.2, 0.5, 0.3, 0.2];
 * console.assert(topK(scores, [1, 1], 1).join() === "1,0");
 * console.assert(topK(scores, [1, 1], 2).join() === "1,1");
 * ```
 */
export function topK(scores: ArrayLike<number>, labels: ArrayLike<number>, k?: number): Uint8Array {
  const classes = classesOf(scores, labels);
  const limit = k ?? Math.min(5, classes);
  if (!Number.isInteger(limit) || limit < 1 || limit > classes) {
    throw new RangeError(
      `Cannot rate predictions: k must be a whole number from 1 to ${classes}, got ${limit}`,
    );
  }
  const correct = new Uint8Array(labels.length);
  for (let b = 0; b < labels.length; b++) {
    const own = scores[b * classes + labels[b]];
    let ahead = 0;
    for (let c = 0; c < classes; c++) {
      const score = scores[b * classes + c];
      // Written so that NaN, which compares with nothing, is ahead.
      const behind = c < labels[b] ? score < own : score <= own;
      if (c !== labels[b] && !behind) ahead++;
    }
    correct[b] = ahead < limit && !Number.isNaN(own) ? 1 : 0;
  }
  return correct;
}

/**
 * How often samples of each class are taken for each class, by their largest score; of equal ones the
 * lowest class.
 *
 * @param scores row-major [B, classes]
 * @param labels [B], 0 … classes − 1
 * @returns row-major [classes, classes]: row is the label, column the prediction
 * @throws {RangeError} if the scores are not whole rows or numbers, or a label is out of range
 */
export function confusionMatrix(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
): Uint32Array {
  const classes = classesOf(scores, labels);
  const counts = new Uint32Array(classes * classes);
  for (let b = 0; b < labels.length; b++) {
    let best = 0;
    for (let c = 0; c < classes; c++) {
      const score = scores[b * classes + c];
      if (Number.isNaN(score)) {
        throw new RangeError(
          `Cannot rate predictions: scores must be numbers, got NaN in row ${b}`,
        );
      }
      if (score > scores[b * classes + best]) best = c;
    }
    counts[labels[b] * classes + best]++;
  }
  return counts;
}

/**
 * The share of right predictions within a class, averaged over the classes that have samples; NaN if
 * none has.
 *
 * @param confusion of {@linkcode confusionMatrix}
 * @param missed samples of each class that have no prediction, and so count as wrong. @default none
 * @throws {RangeError} if it is not square, or there are not as many classes of missed samples
 */
export function meanClassAccuracy(
  confusion: Uint32Array,
  missed?: ArrayLike<number>,
): number {
  const classes = Math.sqrt(confusion.length);
  if (!Number.isInteger(classes)) {
    throw new RangeError(
      `Cannot rate predictions: a confusion matrix must be square, got ${confusion.length} counts`,
    );
  }
  if (missed && missed.length !== classes) {
    throw new RangeError(
      `Cannot rate predictions: each of ${classes} classes must have a number of missed samples, ` +
        `got ${missed.length}`,
    );
  }
  let sum = 0;
  let present = 0;
  for (let label = 0; label < classes; label++) {
    const row = confusion.subarray(label * classes, (label + 1) * classes);
    const samples = row.reduce((total, count) => total + count, missed?.[label] ?? 0);
    if (samples === 0) continue;
    sum += row[label] / samples;
    present++;
  }
  return sum / present;
}
