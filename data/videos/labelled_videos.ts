import type { FrameWindow } from "../index/frame_window.ts";
import type { IndexEntry, VideoRecord } from "../index/video_record.ts";
import type { LabelledVideo } from "../loader/clip_batch.ts";
import { type SeekTable, timesOf } from "../index/seek_table.ts";
import type { Stretch, VideoSample } from "../dataset/dataset.ts";

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
 * The frames of a stretch, cut to the video. Where frames come at a constant rate f, those from ⌊start·f⌉ to
 * before ⌊end·f⌉ (⌊ ⌉ rounds to the nearest); where they do not and their times are known, those that are on
 * the screen between start and end; otherwise the mean rate decides.
 *
 * @returns the window, or why there is none
 */
export function windowOf(
  stretch: Stretch,
  record: Pick<VideoRecord, "fps" | "frames" | "duration" | "seek">,
): FrameWindow | string {
  const { start, end } = stretch;
  const { fps, frames, duration, seek } = record;
  if (!(fps > 0)) return "its frame rate is unknown, so a stretch in seconds cannot be found";
  const window = seek && !("step" in seek.times)
    ? shownWithin(stretch, [...secondsOf(seek, frames), duration])
    : { start: Math.round(start * fps), end: Math.round(end * fps) };
  const cut = { start: Math.max(0, window.start), end: Math.min(frames, window.end) };
  if (cut.start < cut.end) return cut;
  const length = (frames / fps).toFixed(2);
  return `the stretch from ${start} to ${end} s holds no frame of its ${frames} (${length} s)`;
}

/** When each frame is shown, in seconds from the first. */
function secondsOf(seek: SeekTable, frames: number): number[] {
  const [n, d] = seek.timeBase;
  const times = timesOf(seek, Array.from({ length: frames }, (_, i) => i));
  return times.map((time) => (time - times[0]) * n / d);
}

/**
 * The frames on the screen from `start` to before `end`.
 *
 * @param seconds when each frame is shown, and when the last one ends
 */
function shownWithin({ start, end }: Stretch, seconds: readonly number[]): FrameWindow {
  const frames = seconds.length - 1;
  const gone = seconds.findIndex((_, i) => i === frames || seconds[i + 1] > start);
  const next = seconds.findIndex((second, i) => i === frames || second >= end);
  return { start: gone, end: next };
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
