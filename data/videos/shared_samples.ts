import type { VideoSample } from "../dataset/dataset.ts";

/**
 * Counts the evaluated samples that are also trained on: same file, overlapping time spans. A sample in
 * several lists counts once.
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

/** Whether two time spans of a video overlap. */
function overlap({ seconds: a }: VideoSample, { seconds: b }: VideoSample): boolean {
  return !a || !b || (a.start < b.end && b.start < a.end);
}
