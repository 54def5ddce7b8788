function classesOf(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const classes = scores.length / labels.length;
  if (!Number.isInteger(classes) || classes < 1) {
    throw new RangeError(
      `Cannot evaluate predictions: scores must be whole rows, one per label, got ${scores.length} scores and ${labels.length} labels`,
    );
  }
  for (let b = 0; b < labels.length; b++) {
    if (!Number.isInteger(labels[b]) || labels[b] < 0 || labels[b] >= classes) {
      throw new RangeError(
        `Cannot evaluate predictions: a label must be a whole number from 0 below ${classes}, got ${
          labels[b]
        }`,
      );
    }
  }
  return classes;
}

/**
 * Whether each label is among the top k scores. On ties the lower class ranks first; NaN ranks highest.
 *
 * @param scores row-major [B, classes]
 * @param labels [B], 0 … classes − 1
 * @param k from 1. @default 5, or the number of classes if there are fewer
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
      `Cannot evaluate predictions: k must be a whole number from 1 to ${classes}, got ${limit}`,
    );
  }
  const correct = new Uint8Array(labels.length);
  for (let b = 0; b < labels.length; b++) {
    const own = scores[b * classes + labels[b]];
    let ahead = 0;
    for (let c = 0; c < classes; c++) {
      const score = scores[b * classes + c];
      // Written so that NaN, for which every comparison is false, ranks ahead.
      const behind = c < labels[b] ? score < own : score <= own;
      if (c !== labels[b] && !behind) ahead++;
    }
    correct[b] = ahead < limit && !Number.isNaN(own) ? 1 : 0;
  }
  return correct;
}

/**
 * Confusion matrix of top-1 predictions; on ties the lowest class is predicted.
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
          `Cannot evaluate predictions: scores must be numbers, got NaN in row ${b}`,
        );
      }
      if (score > scores[b * classes + best]) best = c;
    }
    counts[labels[b] * classes + best]++;
  }
  return counts;
}

/**
 * Mean per-class accuracy over the classes that have samples; NaN if none has.
 *
 * @param confusion of {@linkcode confusionMatrix}
 * @param missed samples of each class without a prediction, which count as wrong. @default none
 * @throws {RangeError} if the matrix is not square or `missed` has another number of classes
 */
export function meanClassAccuracy(
  confusion: Uint32Array,
  missed?: ArrayLike<number>,
): number {
  const classes = Math.sqrt(confusion.length);
  if (!Number.isInteger(classes)) {
    throw new RangeError(
      `Cannot evaluate predictions: a confusion matrix must be square, got ${confusion.length} counts`,
    );
  }
  if (missed && missed.length !== classes) {
    throw new RangeError(
      `Cannot evaluate predictions: missed must have a count for each of ${classes} classes, ` +
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
