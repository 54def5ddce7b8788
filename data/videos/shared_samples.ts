import type { VideoSample } from "../dataset/dataset.ts";

/**
 * Counts the samples of an evaluation that are trained on as well: same file, overlapping stretches.
 * A sample that is in several lists counts once.
 */
export function countShared(
  train: readonly VideoSample[],
  evaluated: readonly VideoSample[],
): number {
  const trained = Map.groupBy(train, ({ path }) => path);
  const shared = new Set<string>();
  for (const sample of evaluated) {
    const { path, seconds } = sample;
    if (trained.get(path)?.some((other) => overlap(other, sample))) {
      shared.add(JSON.stringify([path, seconds?.start, seconds?.end]));
    }
  }
  return shared.size;
}

/** Whether two stretches of one video have a moment in common. */
function overlap({ seconds: a }: VideoSample, { seconds: b }: VideoSample): boolean {
  return !a || !b || (a.start < b.end && b.start < a.end);
}
