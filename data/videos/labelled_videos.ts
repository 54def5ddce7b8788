import type { ListedFrames } from "../annotations/list_columns.ts";
import type { ClipSet } from "../dataset/clip_set.ts";
import type { FrameWindow } from "../index/frame_window.ts";
import type { IndexEntry, VideoRecord } from "../index/video_record.ts";
import type { LabelledVideo } from "../loader/clip_batch.ts";
import { type SeekTable, timesOf } from "../index/seek_table.ts";
import type { TimeSpan, VideoSample } from "../dataset/dataset.ts";

/** Splits of a data set. */
export type Split = "train" | "heldOut" | "test";

/** An unreadable sample. */
export interface UnreadableVideo {
  path: string;
  /** The error. */
  error: string;
  split: Split;
  /** Index in the list of its split, from 0. */
  row: number;
  /** Class; evaluation counts the sample as wrong. */
  label: number;
}

/** The readable and unreadable samples of a split. */
export interface LabelledSplit {
  videos: LabelledVideo[];
  unreadable: UnreadableVideo[];
}

/**
 * The frames of a time span, clipped to the video. At a constant frame rate f, those from ⌊start·f⌉ to before
 * ⌊end·f⌉ (⌊ ⌉ rounds to nearest); with irregular known times, those displayed between start and end;
 * otherwise by the mean rate.
 *
 * @returns the window, or why there is none
 */
export function windowOf(
  stretch: TimeSpan,
  record: Pick<VideoRecord, "fps" | "frames" | "duration" | "seek">,
): FrameWindow | string {
  const { start, end } = stretch;
  const { fps, frames, duration, seek } = record;
  if (!(fps > 0)) return "its frame rate is unknown, so a time span cannot be located";
  const window = seek && !("step" in seek.times)
    ? shownWithin(stretch, [...secondsOf(seek, frames), duration])
    : { start: Math.round(start * fps), end: Math.round(end * fps) };
  const cut = { start: Math.max(0, window.start), end: Math.min(frames, window.end) };
  if (cut.start < cut.end) return cut;
  const length = (frames / fps).toFixed(2);
  return `the time span from ${start} to ${end} s contains none of its ${frames} frames (${length} s)`;
}

/**
 * The frames that a list names.
 *
 * @returns the window, or why there is none
 */
function listedWindow(
  { start, count }: ListedFrames,
  { frames }: VideoRecord,
): FrameWindow | string {
  const end = count === null ? frames : start + count;
  if (start < end && end <= frames) return { start, end };
  return `its list names ${count ?? "all"} frames from frame ${start} on, it has ${frames}`;
}

/** An index entry with the rate that the data set states for images. */
export function withImageRate(entry: IndexEntry, imageFps = 0): IndexEntry {
  if ("error" in entry || !entry.record.images || imageFps === 0) return entry;
  const { record } = entry;
  return { ...entry, record: { ...record, fps: imageFps, duration: record.frames / imageFps } };
}

/** Display time of each frame, in seconds from the first. */
function secondsOf(seek: SeekTable, frames: number): number[] {
  const [n, d] = seek.timeBase;
  const times = timesOf(seek, Array.from({ length: frames }, (_, i) => i));
  return times.map((time) => (time - times[0]) * n / d);
}

/**
 * The frames displayed from `start` to before `end`.
 *
 * @param seconds display time of each frame, and the end of the last one
 */
function shownWithin({ start, end }: TimeSpan, seconds: readonly number[]): FrameWindow {
  const frames = seconds.length - 1;
  const gone = seconds.findIndex((_, i) => i === frames || seconds[i + 1] > start);
  const next = seconds.findIndex((second, i) => i === frames || second >= end);
  return { start: gone, end: next };
}

/**
 * Joins samples with the index entries of their files.
 *
 * @param entries one per sample, in the same order
 * @param rate target rate of clips, which needs videos of a known rate; null for none
 * @param sets the sets of a mix, whose target rates come before `rate`
 */
export function labelledSplit(
  split: Split,
  samples: readonly VideoSample[],
  entries: readonly IndexEntry[],
  rate: number | null = null,
  sets: readonly ClipSet[] = [],
): LabelledSplit {
  const videos: LabelledVideo[] = [];
  const unreadable: UnreadableVideo[] = [];
  samples.forEach((sample, row) => {
    const { path, label, targets, seconds } = sample;
    const of = targets ? { label, targets } : { label };
    const refuse = (error: string) => unreadable.push({ path, error, split, row, label });
    const entry = withImageRate(entries[row], sample.imageFps);
    if ("error" in entry) return refuse(entry.error);
    const { record } = entry;
    const set = sample.set === undefined ? undefined : sets[sample.set];
    const fps = set?.fps === undefined ? rate : set.fps;
    if (fps !== null && !(record.fps > 0)) {
      return refuse(
        "its frame rate is unknown, so it cannot be sampled at a target rate (data.fps)" +
          (record.images ? "; state that of the images (imageFps of the lists)" : ""),
      );
    }
    const window = seconds
      ? windowOf(seconds, record)
      : sample.frames && listedWindow(sample.frames, record);
    if (typeof window === "string") return refuse(window);
    videos.push({ record, ...of, ...window ? { window } : {}, ...set ? { set } : {} });
  });
  return { videos, unreadable };
}
