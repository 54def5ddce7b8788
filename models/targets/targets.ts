/** What is predicted of videos in place of a class: several labels, each there or not, or numbers. */
export const TARGET_KINDS = ["labels", "numbers"] as const;

/** One of {@linkcode TARGET_KINDS}. */
export type TargetKind = typeof TARGET_KINDS[number];

/** Errors that numbers can be trained by. */
export const NUMBER_ERRORS = ["squared", "smooth-l1"] as const;

/** One of {@linkcode NUMBER_ERRORS}. */
export type NumberError = typeof NUMBER_ERRORS[number];

/**
 * What a network predicts in place of a class, a score for each name: the logit of a label, or a number in standard
 * deviations from the mean of the training videos.
 */
export interface Targets {
  readonly kind: TargetKind;
  /** Mean of each number over the training videos; 0 for labels. */
  readonly mean: readonly number[];
  /** Standard deviation of each number over the training videos, 1 where they are all alike; 1 for labels. */
  readonly std: readonly number[];
}

/**
 * The targets of training videos.
 *
 * @param rows the values of each video, one for each of `count` names
 */
export function targetsOf(
  kind: TargetKind,
  rows: readonly (readonly number[])[],
  count: number,
): Targets {
  const columns = Array.from({ length: count }, (_, c) => c);
  if (kind === "labels") return { kind, mean: columns.map(() => 0), std: columns.map(() => 1) };
  const mean = columns.map((c) => rows.reduce((sum, row) => sum + row[c], 0) / rows.length);
  const std = columns.map((c) => {
    const variance = rows.reduce((sum, row) => sum + (row[c] - mean[c]) ** 2, 0) / rows.length;
    return Math.sqrt(variance) || 1;
  });
  return { kind, mean, std };
}

/** Values as a network is to score them: numbers in standard deviations from the mean. */
export function scoresOfTargets({ mean, std }: Targets, values: ArrayLike<number>): Float32Array {
  return Float32Array.from(values, (value, i) => {
    const c = i % mean.length;
    return (value - mean[c]) / std[c];
  });
}

/** What scores say: probabilities of labels, or numbers in their own units. */
export function predictionsOf({ kind, mean, std }: Targets, scores: ArrayLike<number>): number[] {
  return Array.from(scores, (score, i) => {
    const c = i % mean.length;
    return kind === "labels" ? 1 / (1 + Math.exp(-score)) : score * std[c] + mean[c];
  });
}
