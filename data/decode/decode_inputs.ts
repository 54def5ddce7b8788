import { startingKey, timesOf } from "../index/seek_table.ts";
import type { ClipRequest } from "./clip_request.ts";

/** One pass over a file, or over a stretch of it, that serves one clip or several. */
export interface DecodeInput {
  /** The file. */
  readonly path: string;
  /** Key frame to start at; 0 is the start of the file. */
  readonly from: number;
  /** Seconds to seek to; null for the start of the file. */
  readonly seconds: number | null;
  /** Whether frames are known by their times, or else by their number. */
  readonly timed: boolean;
  /** Last frame that is wanted. */
  readonly last: number;
}

/** The inputs of a process, and which of them serves each request. */
export interface InputPlan {
  readonly inputs: readonly DecodeInput[];
  /** By request, in order. */
  readonly inputOf: readonly number[];
}

/**
 * Frames that are rather decoded for nothing than that another input is opened for them: opening one
 * costs about as much.
 */
const GAP = 48;

/**
 * Seconds past a key frame's time: a seek goes to the last key frame that is not later. Less than half a
 * millisecond, which is a tick of Matroska: its tables of key frames may be late by one, and decoding
 * would then start after the key frame.
 */
const BEYOND = 0.0004;

/** What decoding a clip on its own passes through: the frames of a file from one to another. */
export function stretchOf(
  { record: { path, seek }, frames }: Pick<ClipRequest, "record" | "frames">,
): Pick<DecodeInput, "path" | "from" | "timed" | "last"> {
  const from = seek ? startingKey(seek, frames[0]) : 0;
  return { path, from, timed: seek !== null, last: frames[frames.length - 1] };
}

/**
 * Decides where decoding starts for each clip. Clips of a file whose stretches overlap or nearly meet
 * share one pass over it.
 *
 * @param apart whether only clips that start at the same key frame share a pass
 */
export function planInputs(requests: readonly ClipRequest[], apart = false): InputPlan {
  const stretches = requests.map((one, request) => ({ request, ...stretchOf(one) }));
  // By file in the order of their first clip, and along the file.
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
      inputs.push({ path, from, seconds: secondsOf(requests[request], from), timed, last });
    }
    inputOf[request] = inputs.length - 1;
  }
  return { inputs, inputOf };
}

/** Where ffmpeg seeks to so that it lands on a key frame, counted from the start of the file. */
function secondsOf({ record: { seek } }: ClipRequest, key: number): number | null {
  if (!seek || key === 0) return null;
  const [n, d] = seek.timeBase;
  return timesOf(seek, [key])[0] * n / d - seek.startTime + BEYOND;
}
