import type { TimeSpan, VideoSample } from "../dataset/dataset.ts";

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
    const { path, seconds, frames } = sample;
    if (trained.get(path)?.some((other) => overlap(other, sample))) {
      shared.add(JSON.stringify([path, seconds, frames]));
    }
  }
  return shared.size;
}

/** Whether two parts of a video overlap; a time span and frames are taken to. */
function overlap(one: VideoSample, other: VideoSample): boolean {
  const [a, b] = [one.seconds ?? framesOf(one), other.seconds ?? framesOf(other)];
  if (!a || !b || (one.seconds === undefined) !== (other.seconds === undefined)) return true;
  return a.start < b.end && b.start < a.end;
}

function framesOf({ frames }: VideoSample): TimeSpan | undefined {
  return frames && { start: frames.start, end: frames.start + (frames.count ?? Infinity) };
}
