import { startingKey, timesOf } from "../index/seek_table.ts";
import type { ClipRequest } from "./clip_request.ts";

/** One pass over part of a file, for one or several clips. */
export interface DecodeInput {
  /** The file. */
  readonly path: string;
  /** Key frame to start at; 0 is the start of the file. */
  readonly from: number;
  /** Time to seek to, in seconds; null for the start of the file. */
  readonly seconds: number | null;
  /** Whether frames are identified by time, or else by number. */
  readonly timed: boolean;
  /** Last frame needed. */
  readonly last: number;
  /** Whether the frames are images of a folder. */
  readonly images: boolean;
}

/** The inputs of a process, and the input of each request. */
export interface InputPlan {
  readonly inputs: readonly DecodeInput[];
  /** Input index by request, in order. */
  readonly inputOf: readonly number[];
}

/** Number of frames worth decoding in vain to avoid opening another input, which costs about as much. */
const GAP = 48;

/**
 * Seconds added to a key frame's time, since a seek goes to the last key frame that is not later. Less than
 * half a tick of Matroska (1 ms): its key frame tables may be late by one tick, and decoding would then start
 * after the key frame.
 */
const BEYOND = 0.0004;

/** The range of frames that decoding a clip alone passes through. */
export function stretchOf(
  { record: { path, seek }, frames }: Pick<ClipRequest, "record" | "frames">,
): Pick<DecodeInput, "path" | "from" | "timed" | "last"> {
  const from = seek ? startingKey(seek, frames[0]) : 0;
  return { path, from, timed: seek !== null, last: frames[frames.length - 1] };
}

/**
 * Decides where decoding starts for each clip. Clips of a file whose ranges overlap or nearly meet share one
 * pass.
 *
 * @param apart whether only clips that start at the same key frame share a pass
 */
export function planInputs(requests: readonly ClipRequest[], apart = false): InputPlan {
  const stretches = requests.map((one, request) => ({ request, ...stretchOf(one) }));
  // By file, in order of first appearance, then by position in the file.
  const files = new Map(
    [...new Set(stretches.map(({ path }) => path))].map((path, i) => [path, i]),
  );
  stretches.sort((a, b) => files.get(a.path)! - files.get(b.path)! || a.from - b.from);
  const inputs: (DecodeInput & { last: number })[] = [];
  const inputOf = new Array<number>(requests.length);
  for (const { request, path, from, timed, last } of stretches) {
    const input = inputs.at(-1);
    const near = apart ? from === input?.from : from <= (input?.last ?? 0) + GAP;
    if (input?.path === path && input.timed === timed && near) {
      input.last = Math.max(input.last, last);
    } else {
      const seconds = secondsOf(requests[request], from);
      const images = requests[request].record.images !== undefined;
      inputs.push({ path, from, seconds, timed, last, images });
    }
    inputOf[request] = inputs.length - 1;
  }
  return { inputs, inputOf };
}

/** The time, from the start of the file, at which ffmpeg seeks to a key frame. */
function secondsOf({ record: { seek } }: ClipRequest, key: number): number | null {
  if (!seek || key === 0) return null;
  const [n, d] = seek.timeBase;
  return timesOf(seek, [key])[0] * n / d - seek.startTime + BEYOND;
}
