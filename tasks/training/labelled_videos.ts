import type {
  FrameWindow,
  IndexEntry,
  LabelledVideo,
  Stretch,
  VideoRecord,
  VideoSample,
} from "@videoms/data";

/** Lists that a data set gives. */
export type Split = "train" | "heldOut" | "test";

/** A sample that cannot be read. */
export interface UnreadableVideo {
  path: string;
  /** What is wrong with it. */
  error: string;
  split: Split;
  /** Place in the list of its split, from 0. */
  row: number;
  /** Class; an evaluation counts the sample as missed. */
  label: number;
}

/** The samples of a split, sorted by whether they can be read. */
export interface LabelledSplit {
  videos: LabelledVideo[];
  unreadable: UnreadableVideo[];
}

/**
 * The frames of a stretch, cut to the video: of frame rate f, those from ⌊start·f⌉ to before ⌊end·f⌉
 * (⌊ ⌉ rounds to the nearest). Where the frame rate varies, its mean decides.
 *
 * @returns the window, or why there is none
 */
export function windowOf(
  { start, end }: Stretch,
  { fps, frames }: Pick<VideoRecord, "fps" | "frames">,
): FrameWindow | string {
  if (!(fps > 0)) return "its frame rate is unknown, so a stretch in seconds cannot be found";
  const window = {
    start: Math.max(0, Math.round(start * fps)),
    end: Math.min(frames, Math.round(end * fps)),
  };
  if (window.start < window.end) return window;
  const length = (frames / fps).toFixed(2);
  return `the stretch from ${start} to ${end} s holds no frame of its ${frames} (${length} s)`;
}

/**
 * Joins samples with what is known about their files.
 *
 * @param entries one per sample, in the same order
 */
export function labelledSplit(
  split: Split,
  samples: readonly VideoSample[],
  entries: readonly IndexEntry[],
): LabelledSplit {
  const videos: LabelledVideo[] = [];
  const unreadable: UnreadableVideo[] = [];
  samples.forEach(({ path, label, seconds }, row) => {
    const refuse = (error: string) => unreadable.push({ path, error, split, row, label });
    const entry = entries[row];
    if ("error" in entry) return refuse(entry.error);
    const { record } = entry;
    if (!seconds) return videos.push({ record, label });
    const window = windowOf(seconds, record);
    return typeof window === "string" ? refuse(window) : videos.push({ record, label, window });
  });
  return { videos, unreadable };
}
