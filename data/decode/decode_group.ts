import type { Ffmpeg } from "../process/find_ffmpeg.ts";
import { inputArguments } from "../process/input_arguments.ts";
import { runProcess } from "../process/run_process.ts";
import {
  type ClipRequest,
  type DecodedClip,
  distinctFrames,
  frameBytes,
  outputSize,
} from "./clip_request.ts";
import { withScratchFolder } from "./scratch_folder.ts";

/** Milliseconds a process may take to start and to open its files. */
const START_MS = 60_000;

/** Milliseconds a frame may take; a slow core decodes 4K video at about this rate. */
const FRAME_MS = 50;

/** What {@linkcode decodeGroup} works with. */
export interface DecodeGroupOptions {
  tools: Ffmpeg;
  /** Folder for short-lived files; memory or the folder for temporary files if undefined. */
  scratch?: string;
  signal?: AbortSignal;
}

/**
 * Decodes a group of clips in one ffmpeg process: one input and one raw output file per clip.
 *
 * A file that breaks after it was opened shortens only its own output, so the length of each output
 * tells its clip's fate; ffmpeg's exit code may be 0 all the same. A file that cannot be opened fails
 * the whole group.
 *
 * @returns one entry per request, in order
 * @throws {Error} if the disk is full, which is no fault of the clips
 * @throws the reason of `signal`
 */
export function decodeGroup(
  requests: readonly ClipRequest[],
  { tools, scratch, signal }: DecodeGroupOptions,
): Promise<DecodedClip[]> {
  const bytes = requests.reduce(
    (sum, request) => sum + request.frames.length * frameBytes(request),
    0,
  );
  return withScratchFolder(scratch, bytes, async (folder) => {
    const slots = requests.map((_, i) => `${folder}/${i}.raw`);
    const { code, timedOut, complaint } = await runProcess(
      tools.ffmpeg,
      groupArguments(requests, slots),
      { timeoutMs: timeLimit(requests), signal },
    );
    if (complaint.includes("No space left on device")) {
      throw new Error(
        `Cannot decode clips: ${folder} must have room for ${bytes} bytes, got a full disk; ` +
          `choose another folder with the option "scratch" or with TMPDIR`,
      );
    }
    if (timedOut) return requests.map(() => ({ error: "ffmpeg took too long" }));
    const words = complaint.trim().split("\n").at(-1);
    if (code !== 0) {
      return requests.map(() => ({ error: words || `ffmpeg ended with code ${code}` }));
    }
    return await Promise.all(requests.map((request, i) => readClip(request, slots[i], words)));
  });
}

function timeLimit(requests: readonly ClipRequest[]): number {
  const decoded = requests.reduce((sum, { frames }) => sum + frames[frames.length - 1] + 1, 0);
  return START_MS + decoded * FRAME_MS;
}

/**
 * Arguments of ffmpeg for a group. Every process works on one thread: cores are filled with
 * processes, which wastes less.
 */
function groupArguments(requests: readonly ClipRequest[], slots: readonly string[]): string[] {
  const inputs = requests.flatMap((
    { record },
  ) => ["-threads", "1", ...inputArguments(record.path)]);
  const outputs = requests.flatMap((request, i) => [
    "-map",
    `${i}:V:0`,
    "-vf",
    clipFilter(request),
    "-frames:v",
    String(distinctFrames(request.frames).length),
    "-fps_mode", // the default repeats and drops frames to keep a constant rate
    "passthrough",
    "-threads",
    "1",
    "-f",
    "rawvideo",
    "-pix_fmt",
    "rgb24",
    `file:${slots[i]}`,
  ]);
  return [
    "-nostdin",
    "-hide_banner",
    "-v",
    "error",
    "-y",
    ...inputs,
    "-filter_threads",
    "1",
    ...outputs,
  ];
}

/**
 * The filter of a clip: frames by number first, so that the rest works on few of them. Decoding
 * starts at frame 0 because seeking is inexact in many files. Only whole numbers enter the text.
 */
function clipFilter({ frames, crop, size }: ClipRequest): string {
  const output = outputSize({ size });
  const wanted = distinctFrames(frames).map((frame) => `eq(n,${frame})`).join("+");
  const { x, y, width, height } = crop;
  return `select='${wanted}',crop=${width}:${height}:${x}:${y}:exact=1,` +
    `scale=${output.width}:${output.height}:flags=bilinear`;
}

/** Reads the distinct frames of a clip and spreads them over its repeats. */
async function readClip(
  request: ClipRequest,
  slot: string,
  words: string | undefined,
): Promise<DecodedClip> {
  const { frames } = request;
  const bytes = frameBytes(request);
  const expected = distinctFrames(frames).length * bytes;
  let found = 0;
  const pixels = request.into ?? new Uint8Array(frames.length * bytes);
  try {
    using file = await Deno.open(slot);
    found = (await file.stat()).size;
    if (found === expected) await readFull(file, pixels.subarray(0, expected));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  if (found !== expected) {
    const got = `${Math.floor(found / bytes)} of ${expected / bytes} frames`;
    return { error: words ? `${got}: ${words}` : got };
  }
  spreadRepeats(pixels, frames, bytes);
  return { pixels };
}

async function readFull(file: Deno.FsFile, target: Uint8Array): Promise<void> {
  let filled = 0;
  while (filled < target.length) {
    const count = await file.read(target.subarray(filled));
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
