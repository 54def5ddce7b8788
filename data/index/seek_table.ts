import { videoFormat } from "../process/video_formats.ts";

/**
 * Regular frame times: frame i is displayed at `first + round(i · step)` ticks. Most files are like that, and
 * lists of times would make up most of an index.
 */
export interface EvenTimes {
  /** Display time of the first frame, in ticks. */
  readonly first: number;
  /** Ticks from frame to frame; may be fractional. */
  readonly step: number;
}

/** What is needed to start decoding in the middle of a file and still identify every frame. */
export interface SeekTable {
  /** A tick lasts n/d seconds. */
  readonly timeBase: readonly [number, number];
  /** Start time of the file in seconds, from which ffmpeg's seek times are counted. */
  readonly startTime: number;
  /** Display time of each frame: regular, or the first time and successive differences. */
  readonly times: EvenTimes | readonly number[];
  /** Frames at which decoding can start, ascending. */
  readonly keyframes: readonly number[];
  /**
   * Whether storage order differs from display order. A seek may then land on a key frame that is displayed
   * later than requested.
   */
  readonly reordered: boolean;
}

/** A packet of a video stream, as reported by ffprobe. */
export interface Packet {
  /** Presentation time in ticks. */
  readonly pts?: number;
  /** Decoding time in ticks. */
  readonly dts?: number;
  /** Bytes. */
  readonly size: number;
  /** Position in the file, in bytes. */
  readonly position?: number;
  /** Whether the file marks it as a key frame. */
  readonly key: boolean;
  /** Whether an edit list discards it, so that the decoder returns no frame. */
  readonly discarded: boolean;
}

/** Facts about a file, other than packets, that affect seeking. */
export interface StreamFacts {
  /** Bytes of the file. */
  readonly size: number;
  /** ffprobe's names of the container. */
  readonly container: string;
  /** A tick lasts n/d seconds. */
  readonly timeBase: readonly [number, number];
  /** Start time in seconds. */
  readonly startTime: number;
  /** Frame rates given by the file, 0 for none. */
  readonly rates: readonly number[];
}

/**
 * The seek table of a file, or null if frames can only be identified by counting from the start: without
 * their own display times, with an edit list, or if the first frame is not a key frame.
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

/** Whether all packets have the same size and spacing, and the last is complete. */
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

/** Whether times, rounded, are so many ticks apart. */
export function haveStep(times: readonly number[], step: number): boolean {
  return times.every((time, i) => time === times[0] + Math.round(i * step));
}

/** The regular times that equal these exactly, or null. */
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
    if (haveStep(times, step)) return { first, step };
  }
  return null;
}

/** Display times of ascending `frames`, in ticks. */
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
 * Maximum number of frames by which storage precedes display. A seek follows storage order, so it may land on
 * a next key frame this close.
 */
const MOST_AHEAD = 17;

/**
 * The key frame to start from so that `frame` and all later ones are decoded as in a full decode; 0 is the
 * start of the file.
 *
 * Frames displayed before a key frame but stored after it are dropped or wrong if decoding starts there; none
 * of them is requested.
 */
export function startingKey({ keyframes, reordered }: SeekTable, frame: number): number {
  let last = keyframes.length - 1;
  while (last > 0 && keyframes[last] > frame) last--;
  const nextIsNear = keyframes[last + 1] - keyframes[last] <= MOST_AHEAD;
  return keyframes[Math.max(0, reordered && nextIsNear ? last - 1 : last)];
}
