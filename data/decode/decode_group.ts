import { setImmediate as nextTurn } from "node:timers/promises";
import type { Ffmpeg } from "../process/find_ffmpeg.ts";
import { lastWords } from "../process/last_words.ts";
import { runProcess } from "../process/run_process.ts";
import { type ClipRequest, distinctFrames, finishClip, frameBytes } from "./clip_request.ts";
import { planInputs } from "./decode_inputs.ts";
import { groupArguments } from "./group_arguments.ts";
import { withScratchFolder } from "./scratch_folder.ts";

/** Milliseconds a process may take to start and to open its files. */
const START_MS = 60_000;

/** Milliseconds a frame may take; a slow core decodes 4K video at about this rate. */
const FRAME_MS = 50;

/** What ffmpeg says of a machine that is short of something, or of a drive that does not answer. */
const PASSING =
  /Input\/output error|Cannot allocate memory|Too many open files|Stale file handle|received signal/;

/** Signals that a process ends by of itself, which the same file makes it do again. */
const CRASHES: readonly Deno.Signal[] = ["SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL"];

/** A clip of a group, or why it failed and what that says. */
export type TriedClip =
  | { readonly pixels: Uint8Array<ArrayBuffer> }
  | {
    readonly error: string;
    /** Whether the machine failed rather than the file, which may be read at another time. */
    readonly passing: boolean;
    /** Whether ffmpeg named this file, where the whole group failed. */
    readonly blamed: boolean;
  };

/** What ffmpeg says where a seek has led to a frame that decoding cannot start at, and goes on. */
const WRONG_START = /first frame is no keyframe|keyframes not correctly marked/;

/** How long a group of clips took. */
export interface GroupTimes {
  /** Clips of the group. */
  readonly clips: number;
  /** Milliseconds of its process, from its start to its end. */
  readonly processMs: number;
  /** Milliseconds of reading, spreading and finishing its clips. */
  readonly readMs: number;
}

/** What {@linkcode decodeGroup} works with. */
export interface DecodeGroupOptions {
  tools: Ffmpeg;
  /** Folder for short-lived files; memory or the folder for temporary files if undefined. */
  scratch?: string;
  /** As for `decodeClips`. */
  apart?: boolean;
  /** As for `decodeClips`. */
  onGroup?: (times: GroupTimes) => void;
  signal?: AbortSignal;
}

/**
 * Decodes a group of clips in one ffmpeg process: one input per file, one raw output file per clip.
 *
 * A file that breaks after it was opened shortens only its own output, so the length of each output
 * tells its clip's fate; ffmpeg's exit code may be 0 all the same. A file that cannot be opened fails
 * the whole group. Clips are read and finished one by one, so that other work has its turn in between
 * and the pixels of one clip at a time wait for their finish.
 *
 * @returns one entry per request, in order
 * @throws {Error} if the disk is full, which is no fault of the clips
 * @throws the reason of `signal`
 */
export function decodeGroup(
  requests: readonly ClipRequest[],
  { tools, scratch, apart, onGroup, signal }: DecodeGroupOptions,
): Promise<TriedClip[]> {
  const bytes = requests.reduce(
    (sum, request) => sum + request.frames.length * frameBytes(request),
    0,
  );
  return withScratchFolder(scratch, bytes, async (folder) => {
    const slots = requests.map((_, i) => `${folder}/${i}.raw`);
    const started = performance.now();
    const { code, signal: killedBy, timedOut, complaint } = await runProcess(
      tools.ffmpeg,
      groupArguments(requests, slots, apart),
      { timeoutMs: timeLimit(requests, apart), signal },
    );
    if (complaint.includes("No space left on device")) {
      throw new Error(
        `Cannot decode clips: ${folder} must have room for ${bytes} bytes, got a full disk; ` +
          `choose another folder with the option "scratch" or with TMPDIR`,
      );
    }
    if (timedOut || code !== 0) {
      const passing = timedOut || PASSING.test(complaint) ||
        (killedBy !== null && !CRASHES.includes(killedBy));
      const otherwise = timedOut ? "ffmpeg took too long" : `ffmpeg ended with code ${code}`;
      return requests.map(({ record: { path } }) => ({
        error: !timedOut && lastWords(complaint, path) || otherwise,
        passing,
        blamed: complaint.includes(`file:${path}: `),
      }));
    }
    const marked = requests.some(({ record }) => record.gaps);
    if (marked ? complaint.trim() !== "" : WRONG_START.test(complaint)) {
      return requests.map(({ record: { path } }) => (
        { error: lastWords(complaint, path), passing: false, blamed: false }
      ));
    }
    const ended = performance.now();
    const clips: TriedClip[] = [];
    for (const [i, request] of requests.entries()) {
      signal?.throwIfAborted();
      clips.push(readClip(request, slots[i], lastWords(complaint, request.record.path)));
      if (request.finish) await nextTurn();
    }
    const readMs = performance.now() - ended;
    onGroup?.({ clips: clips.length, processMs: ended - started, readMs });
    return clips;
  });
}

function timeLimit(requests: readonly ClipRequest[], apart?: boolean): number {
  const { inputs } = planInputs(requests, apart);
  const decoded = inputs.reduce((sum, { from, last }) => sum + last - from + 1, 0);
  return START_MS + decoded * FRAME_MS;
}

/** Reads the distinct frames of a clip, spreads them over its repeats and finishes the clip. */
function readClip(request: ClipRequest, slot: string, words: string): TriedClip {
  const { frames, finish, into } = request;
  const bytes = frameBytes(request);
  const expected = distinctFrames(frames).length * bytes;
  let found = 0;
  const pixels = (finish ? undefined : into) ?? new Uint8Array(frames.length * bytes);
  try {
    // At once: a clip takes a third of a millisecond, and each wait a turn, which training gives seldom.
    using file = Deno.openSync(slot);
    found = file.statSync().size;
    if (found === expected) readFull(file, pixels.subarray(0, expected));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  if (found !== expected) {
    const got = `${Math.floor(found / bytes)} of ${expected / bytes} frames`;
    return { error: words ? `${got}: ${words}` : got, passing: false, blamed: true };
  }
  spreadRepeats(pixels, frames, bytes);
  return { pixels: finishClip(request, pixels) };
}

function readFull(file: Deno.FsFile, target: Uint8Array): void {
  let filled = 0;
  while (filled < target.length) {
    const count = file.readSync(target.subarray(filled));
    if (count === null) throw new Error("Cannot read decoded frames: the file became shorter");
    filled += count;
  }
}

/**
 * Turns frames [U, H, W, 3] at the start of `pixels` into [T, H, W, 3] with repeats, in place: from
 * the last to the first, so that a frame is read before its place is written.
 */
function spreadRepeats(pixels: Uint8Array, frames: ArrayLike<number>, bytes: number): void {
  let source = distinctFrames(frames).length - 1;
  for (let i = frames.length - 1; i >= 0; i--) {
    if (i < frames.length - 1 && frames[i] !== frames[i + 1]) source--;
    if (source !== i) pixels.copyWithin(i * bytes, source * bytes, (source + 1) * bytes);
  }
}
