import type { LabelledVideo } from "../loader/clip_batch.ts";
import type { Split, UnreadableVideo } from "./labelled_videos.ts";
import type { RunVideos } from "./prepare_videos.ts";

/**
 * The split used for a requested one: without test videos the held-out videos, and without these the training
 * videos.
 */
export function splitFor(videos: RunVideos, asked: Split): Split {
  if (asked === "train") return "train";
  if (asked === "test" && videos.test !== videos.heldOut) return "test";
  return videos.heldOutIsSeparate ? "heldOut" : "train";
}

/** Every sample of a list in order, including unreadable ones. */
export function listRows(
  videos: RunVideos,
  split: Split,
): (LabelledVideo | UnreadableVideo)[] {
  const unreadable = new Map(
    videos.unreadable.filter((one) => one.split === split).map((one) => [one.row, one]),
  );
  const others = videos[split].values();
  return Array.from(
    { length: videos[split].length + unreadable.size },
    (_, row) => unreadable.get(row) ?? others.next().value!,
  );
}
