import type { RunVideos, UnreadableVideo, ViewBatchesOptions } from "@videoms/data";
import type { RunParts } from "./run_kind.ts";

/** The videos that a run is evaluated on while it trains, as evaluations take them. */
export interface HeldOutVideos extends Pick<ViewBatchesOptions, "videos" | "processes" | "signal"> {
  /** Those of the same list that are known to be unreadable. */
  readonly unreadable: readonly UnreadableVideo[];
  /** Logs a video that turns out to be unreadable. */
  readonly onUnreadable: (path: string, error: string) => void;
}

/** What logs call the list that a run is evaluated on while it trains. */
export function splitOf({ heldOutIsSeparate }: Pick<RunVideos, "heldOutIsSeparate">): string {
  return heldOutIsSeparate ? "held-out" : "train";
}

/** The held-out videos of a run, or its training videos where it has none. */
export function heldOutVideos(
  { task, videos, log, signal }: RunParts,
  step: number,
): HeldOutVideos {
  const split = videos.heldOutIsSeparate ? "heldOut" : "train";
  return {
    videos: videos.heldOut,
    unreadable: videos.unreadable.filter((one) => one.split === split),
    onUnreadable: (path, error) => log.append({ event: "unreadable", step, path, error }),
    processes: task.data.workers || undefined,
    signal,
  };
}
