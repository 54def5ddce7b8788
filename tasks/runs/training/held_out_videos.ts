import type { LoggedMetric, RunVideos } from "@videoms/data";
import type { ViewCounts } from "@videoms/studio/views";
import { type RateOptions, rateVideos } from "../classifier/rate_videos.ts";
import type { RunParts } from "./run_kind.ts";

/** What logs call the list that a run is evaluated on while it trains. */
export function splitOf({ heldOutIsSeparate }: Pick<RunVideos, "heldOutIsSeparate">): string {
  return heldOutIsSeparate ? "held-out" : "train";
}

/** What is rated, when, and how it is logged. */
export interface Rating<Rated>
  extends Pick<RateOptions<Rated>, "views" | "batch" | "size" | "tally"> {
  readonly step: number;
  readonly event: "validation" | "evaluation";
  /** How many views a video has, where that is not the centre one. */
  readonly counts?: ViewCounts;
  /** What the log has of the ratings. */
  metrics(ratings: readonly Rated[]): readonly LoggedMetric[];
}

/**
 * Rates networks on the held-out videos of a run, else its training videos, on all ranks, and logs what it finds.
 *
 * @param count G, networks
 * @param score logits of clips, float32 row-major [G, B, classes]
 */
export async function rateHeldOut<Rated>(
  { task, videos, log, signal, shared }: RunParts,
  count: number,
  score: Parameters<typeof rateVideos>[1],
  { step, event, counts, metrics, ...views }: Rating<Rated>,
): Promise<Rated[]> {
  const split = videos.heldOutIsSeparate ? "heldOut" : "train";
  await shared.call(event);
  const ratings = await rateVideos(count, score, {
    ...views,
    ranks: shared.ranks,
    viewsPerVideo: counts ? counts.segments * counts.crops : 1,
    classes: videos.classes.length,
    videos: videos.heldOut,
    unreadable: videos.unreadable.filter((one) => one.split === split),
    onUnreadable: (path, error) => log.append({ event: "unreadable", step, path, error }),
    processes: task.data.workers || undefined,
    signal,
  });
  log.append({
    event,
    step,
    split: splitOf(videos),
    ...counts ? { views: `${counts.segments} × ${counts.crops}` } : {},
    metrics: metrics(ratings),
  });
  return ratings;
}
