import type { LabelledVideo } from "../loader/clip_batch.ts";
import type { Split, UnreadableVideo } from "./labelled_videos.ts";
import type { RunVideos } from "./prepare_videos.ts";

/**
 * The split that stands where another one is asked for: a set without test videos is tested on those
 * held out, one without these on what is trained on.
 */
export function splitThatIs(videos: RunVideos, asked: Split): Split {
  if (asked === "train") return "train";
  if (asked === "test" && videos.test !== videos.heldOut) return "test";
  return videos.heldOutIsSeparate ? "heldOut" : "train";
}

/** Every sample of a list in its order, also those that cannot be read. */
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
