import { videoFormat } from "../process/video_formats.ts";

/**
 * Frame times on a raster: frame i is shown at `first + round(i · step)` ticks. Most files are so, and a
 * list of some hundred times a file would be the larger part of an index.
 */
export interface EvenTimes {
  /** When the first frame is shown, in ticks. */
  readonly first: number;
  /** Ticks from frame to frame; need not be whole. */
  readonly step: number;
}

/** What it takes to start decoding in the middle of a file and still know every frame. */
export interface SeekTable {
  /** A tick lasts n/d seconds. */
  readonly timeBase: readonly [number, number];
  /** When the file starts, in seconds; ffmpeg counts what it seeks from there. */
  readonly startTime: number;
  /** When each frame is shown: a raster, or the first time and the differences that follow. */
  readonly times: EvenTimes | readonly number[];
  /** Frames that decoding can start at, ascending. */
  readonly keyframes: readonly number[];
  /**
   * Whether frames are stored in another order than they are shown in. A seek may then land on a key frame
   * that is shown later than asked for.
   */
  readonly reordered: boolean;
}

/** A packet of a video stream, as ffprobe tells it. */
export interface Packet {
  /** When it is shown, in ticks. */
  readonly pts?: number;
  /** When it is decoded, in ticks. */
  readonly dts?: number;
  /** Bytes. */
  readonly size: number;
  /** Where it lies in the file, in bytes. */
  readonly position?: number;
  /** Whether decoding can start here, as the file says. */
  readonly key: boolean;
  /** Whether an edit list discards it: the decoder gives no frame for it. */
  readonly discarded: boolean;
}

/** What of a file beside its packets decides on seeking. */
export interface StreamFacts {
  /** Bytes of the file. */
  readonly size: number;
  /** Names of the container, as ffprobe lists them. */
  readonly container: string;
  /** A tick lasts n/d seconds. */
  readonly timeBase: readonly [number, number];
  /** In seconds. */
  readonly startTime: number;
  /** Frame rates that the file states, 0 for none. */
  readonly rates: readonly number[];
}

/**
 * The seek table of a file, or null if its frames are only sure when counted from the start: without
 * display times of their own, with an edit list, or if the first frame is no key frame.
 */
export function seekTable(packets: readonly Packet[], facts: StreamFacts): SeekTable | null {
  const { container, timeBase, startTime, rates } = facts;
  const { starts, gap } = videoFormat(container);
  if (starts === "counted" || (gap !== undefined && !areEvenlyStored(packets, gap, facts.size))) {
    return null;
  }
  if (
    packets.some(({ pts, dts, discarded }) => pts === undefined || dts === undefined || discarded)
  ) {
    return null;
  }
  const order = packets.map((_, i) => i).sort((a, b) => packets[a].pts! - packets[b].pts!);
  const shown = order.map((i) => packets[i]);
  const times = shown.map(({ pts }) => pts!);
  if (times.some((time, i) => i > 0 && time === times[i - 1])) return null;
  const keyframes = shown.flatMap(({ key }, i) => key && (i === 0 || starts === "keys") ? [i] : []);
  if (keyframes[0] !== 0) return null;
  return {
    timeBase,
    startTime,
    times: onRaster(times, timeBase, rates) ?? differences(times),
    keyframes,
    reordered: order.some((packet, i) => packet !== i),
  };
}

/** Whether all packets have one size, with so many bytes from each to the next, and the last is whole. */
function areEvenlyStored(packets: readonly Packet[], gap: number, fileSize: number): boolean {
  const [{ size, position = NaN }] = packets;
  if (position + packets.length * (size + gap) - gap > fileSize) return false;
  return packets.every((packet, i) =>
    packet.size === size && packet.position === position + i * (size + gap)
  );
}

function differences(times: readonly number[]): number[] {
  return times.map((time, i) => i === 0 ? time : time - times[i - 1]);
}

/** The raster that gives exactly these times, or null. */
function onRaster(
  times: readonly number[],
  [n, d]: readonly [number, number],
  rates: readonly number[],
): EvenTimes | null {
  const first = times[0];
  if (times.length === 1) return { first, step: 0 };
  const mean = (times[times.length - 1] - first) / (times.length - 1);
  const steps = [mean, ...rates.filter((rate) => rate > 0).map((rate) => d / (n * rate))];
  for (const step of steps) {
    if (times.every((time, i) => time === first + Math.round(i * step))) return { first, step };
  }
  return null;
}

/** When frames are shown, in ticks; `frames` ascend. */
export function timesOf({ times }: SeekTable, frames: readonly number[]): number[] {
  if ("step" in times) {
    return frames.map((frame) => times.first + Math.round(frame * times.step));
  }
  let at = 0;
  let time = times[0];
  return frames.map((frame) => {
    while (at < frame) time += times[++at];
    return time;
  });
}

/**
 * Frames that are at most stored ahead of when they are shown. A seek goes by when frames are stored, so with
 * the next key frame this near it may land there.
 */
const MOST_AHEAD = 17;

/**
 * The key frame to start at so that `frame` and all after it are decoded as in a full decode; 0 is the
 * start of the file.
 *
 * Frames shown before a key frame but stored after it are dropped or wrong if decoding starts there; none
 * of them is asked for.
 */
export function startingKey({ keyframes, reordered }: SeekTable, frame: number): number {
  let last = keyframes.length - 1;
  while (last > 0 && keyframes[last] > frame) last--;
  const nextIsNear = keyframes[last + 1] - keyframes[last] <= MOST_AHEAD;
  return keyframes[Math.max(0, reordered && nextIsNear ? last - 1 : last)];
}
