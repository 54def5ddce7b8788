import { setImmediate as nextTurn } from "node:timers/promises";
import type { Ffmpeg } from "../process/find_ffmpeg.ts";
import { lastWords } from "../process/last_words.ts";
import { runFfmpeg } from "../process/run_ffmpeg.ts";
import type { ProcessResult } from "../process/run_process.ts";
import { type ClipRequest, distinctFrames, finishClip, frameBytes } from "./clip_request.ts";
import { planInputs } from "./decode_inputs.ts";
import { groupArguments } from "./group_arguments.ts";
import { clipSource } from "./clip_source.ts";
import { withScratchFolder } from "./scratch_folder.ts";
import type { TriedClip } from "./tried_clip.ts";

/** Milliseconds a process may take to start and to open its files. */
const START_MS = 60_000;

/** Time limit per frame, in milliseconds: a slow core decodes 4K video at about this rate. */
const FRAME_MS = 50;

/** ffmpeg's messages about exhausted resources or an unresponsive drive. */
const PASSING =
  /Input\/output error|Cannot allocate memory|Too many open files|Stale file handle|received signal/;

/** What ffmpeg and the system say of a full disk. */
const FULL = /No space left on device/;

/** Signals of a crash, which the same file reproduces. */
const CRASHES: readonly Deno.Signal[] = ["SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL"];

/** ffmpeg's warning after a seek to a frame where decoding cannot start. */
const WRONG_START = /first frame is no keyframe|keyframes not correctly marked/;

/** ffmpeg's message about a file that cannot be read on, after which decoders give out what they hold as if it were the end. */
const UNREADABLE = /during demuxing/;

/** Timings of a group of clips. */
export interface GroupTimes {
  /** Number of clips. */
  readonly clips: number;
  /** Run time of its process in milliseconds. */
  readonly processMs: number;
  /** Time to read and finish its clips in milliseconds. */
  readonly readMs: number;
}

/** Options of {@linkcode decodeGroup}. */
export interface DecodeGroupOptions {
  tools: Ffmpeg;
  /** Folder for temporary files. @default memory or the system's folder */
  scratch?: string;
  /** As for `decodeClips`. */
  apart?: boolean;
  /** As for `decodeClips`. */
  onGroup?: (times: GroupTimes) => void;
  signal?: AbortSignal;
}

/**
 * Decodes a group of clips in one ffmpeg process: one input per file, one raw output file per clip. The images of a
 * clip are an input of their own.
 *
 * A file that fails after it was opened shortens only its own output, so each output's length shows whether
 * its clip succeeded; ffmpeg's exit code may still be 0. A file that cannot be opened fails the whole group.
 * Clips are read and finished one by one, so that other work can run in between and only one unfinished clip
 * is in memory.
 *
 * @returns one entry per request, in order
 * @throws {Error} if the disk is full, which is not the clips' fault
 * @throws the signal's reason
 */
export function decodeGroup(
  requests: readonly ClipRequest[],
  options: DecodeGroupOptions,
): Promise<TriedClip[]> {
  return withScratchFolder(options.scratch, async (folder) => {
    const sources: (SourcedClip | TriedClip)[] = [];
    for (const [i, request] of requests.entries()) {
      options.signal?.throwIfAborted();
      const source = await clipSource(request, `${folder}/${i}.avi`).catch((error) => {
        throw FULL.test(error.message) ? fullDisk(folder, requests) : error;
      });
      const slot = `${folder}/${i}.raw`;
      sources.push("error" in source ? source : { request, source, slot });
    }
    const ready = sources.filter((one) => "source" in one);
    const clips = ready.length > 0 ? await decodeSources(ready, folder, options) : [];
    const decoded = clips.values();
    return sources.map((one) => "source" in one ? decoded.next().value! : one);
  });
}

/** A clip, what ffmpeg reads for it, and the file of its pixels. */
interface SourcedClip {
  readonly request: ClipRequest;
  readonly source: ClipRequest;
  readonly slot: string;
}

async function decodeSources(
  clips: readonly SourcedClip[],
  folder: string,
  { tools, apart, onGroup, signal }: DecodeGroupOptions,
): Promise<TriedClip[]> {
  const sources = clips.map(({ source }) => source);
  const started = performance.now();
  const result = await runFfmpeg(
    tools.ffmpeg,
    groupArguments(sources, clips.map(({ slot }) => slot), apart),
    { timeoutMs: timeLimit(sources, apart), signal },
  );
  const { complaint } = result;
  if (FULL.test(complaint)) throw fullDisk(folder, sources);
  const failed = groupFault(sources, result);
  if (failed && !(clips.length === 1 && isBeyondDoubt(sources[0], result))) return failed;
  const ended = performance.now();
  const decoded: TriedClip[] = [];
  for (const { request, source, slot } of clips) {
    signal?.throwIfAborted();
    const clip = readClip(request, slot, lastWords(complaint, source.record.path));
    decoded.push(failed && "error" in clip ? failed[0] : clip);
    if (request.finish) await nextTurn();
  }
  const readMs = performance.now() - ended;
  onGroup?.({ clips: clips.length, processMs: ended - started, readMs });
  return decoded;
}

/** The error of every clip if the process as a whole is not to be trusted; null if it is. */
function groupFault(
  sources: readonly ClipRequest[],
  { code, signal: killedBy, timedOut, complaint }: ProcessResult,
): TriedClip[] | null {
  if (timedOut || code !== 0) {
    const passing = timedOut || PASSING.test(complaint) ||
      (killedBy !== null && !CRASHES.includes(killedBy));
    const otherwise = timedOut ? "ffmpeg took too long" : `ffmpeg ended with code ${code}`;
    return sources.map(({ record: { path } }) => ({
      error: !timedOut && lastWords(complaint, path) || otherwise,
      passing,
      blamed: complaint.includes(`file:${path}: `),
    }));
  }
  const marked = sources.some(({ record }) => record.gaps);
  if (marked ? complaint.trim() === "" : !WRONG_START.test(complaint)) return null;
  return sources.map(({ record: { path } }) => (
    { error: lastWords(complaint, path), passing: false, blamed: false }
  ));
}

/**
 * Whether the frames that a failed process gave of one clip are nevertheless the clip's. ffmpeg ends at the first damage; from
 * version 7 on its decoder has by then gone on beyond a clip's last frame, as far as threads have it. What was decoded before
 * is written whole.
 */
function isBeyondDoubt(
  { record }: ClipRequest,
  { code, signal, timedOut, complaint }: ProcessResult,
): boolean {
  if (code === 0 || signal !== null || timedOut || record.gaps) return false;
  if (PASSING.test(complaint) || WRONG_START.test(complaint)) return false;
  return record.seek !== null || !UNREADABLE.test(complaint); // counted frames need every one before them
}

function fullDisk(folder: string, requests: readonly ClipRequest[]): Error {
  const bytes = requests.reduce((sum, one) => sum + one.frames.length * frameBytes(one), 0);
  return new Error(
    `Cannot decode clips: ${folder} must have room for ${bytes} bytes, got a full disk; ` +
      `choose another folder with the option "scratch" or with TMPDIR`,
  );
}

function timeLimit(requests: readonly ClipRequest[], apart?: boolean): number {
  const { inputs } = planInputs(requests, apart);
  const decoded = inputs.reduce((sum, { from, last }) => sum + last - from + 1, 0);
  return START_MS + decoded * FRAME_MS;
}

/** Reads the distinct frames of a clip, repeats frames and finishes the clip. */
function readClip(request: ClipRequest, slot: string, words: string): TriedClip {
  const { frames, finish, into } = request;
  const bytes = frameBytes(request);
  const expected = distinctFrames(frames).length * bytes;
  let found = 0;
  const pixels = (finish ? undefined : into) ?? new Uint8Array(frames.length * bytes);
  try {
    // Synchronous: a clip takes a third of a millisecond, but each await gives up the thread, which training rarely returns.
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
 * Expands distinct frames [U, H, W, 3] at the start of `pixels` to [T, H, W, 3] in place, last to first, so
 * that a frame is read before it is overwritten.
 */
function spreadRepeats(pixels: Uint8Array, frames: ArrayLike<number>, bytes: number): void {
  let source = distinctFrames(frames).length - 1;
  for (let i = frames.length - 1; i >= 0; i--) {
    if (i < frames.length - 1 && frames[i] !== frames[i + 1]) source--;
    if (source !== i) pixels.copyWithin(i * bytes, source * bytes, (source + 1) * bytes);
  }
}
