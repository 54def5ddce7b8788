import { dispose } from "@tensorflow/tfjs-core";
import { joinRows } from "@videoms/core";
import { type LabelledVideo, scoreViews } from "@videoms/data";
import type { PlanViews } from "@videoms/studio/views";
import type { FrozenEncoder } from "../encoder/frozen_encoder.ts";

/** Videos that the standard of pooled features is measured on, at most. */
const VIDEOS = 512;

/** Videos spread evenly over a list, since lists are often sorted by class. */
function spreadOver(videos: readonly LabelledVideo[]): LabelledVideo[] {
  const count = Math.min(VIDEOS, videos.length);
  return Array.from({ length: count }, (_, i) => videos[Math.floor(i * videos.length / count)]);
}

/**
 * Pooled features of the centre clips of training videos, row-major [V, D], to measure the mean and
 * the standard deviation of each channel on.
 *
 * @throws {Error} if none of the videos can be read
 */
export async function standardFeatures(
  encoder: FrozenEncoder,
  videos: readonly LabelledVideo[],
  options: { views: PlanViews; batch: number; workers: number; signal: AbortSignal },
): Promise<Float32Array> {
  const { views, batch, workers, signal } = options;
  const rows: Float32Array[] = [];
  const scoring = scoreViews({
    videos: spreadOver(videos),
    views,
    batch,
    size: encoder.model.options.geometry.imageSize,
    processes: workers || undefined,
    signal,
  }, async (clips) => {
    const { tokens, pooled, kept } = await encoder.features(clips);
    const values = await pooled.data() as Float32Array;
    dispose([tokens, pooled, kept]);
    return values;
  });
  for await (const { scores } of scoring) if (scores) rows.push(scores);
  if (rows.length === 0) {
    throw new Error("Cannot train: a training video must be readable, got none that is");
  }
  return joinRows(Float32Array, rows);
}
