import type { VideoRecord } from "../index/video_record.ts";
import type { Ffmpeg } from "../process/find_ffmpeg.ts";
import { inputArguments } from "../process/input_arguments.ts";
import { runProcess } from "../process/run_process.ts";

/** Side that frames are shrunk to before they are hashed, in pixels. */
export const HASHED_SIDE = 64;

/** Milliseconds a process may take to start and to open its file. */
const START_MS = 60_000;

/** Milliseconds a frame may take; a slow core decodes 4K video at about this rate. */
const FRAME_MS = 50;

/** What a file gives when all of it is decoded. */
export interface WholeDecode {
  /** MD5 of each frame, shrunk to {@linkcode HASHED_SIDE} squared RGB pixels. */
  readonly hashes: readonly string[];
  /** Lines that the decoder complained in, of the first 8 KB. */
  readonly complaints: readonly string[];
}

/**
 * Decodes a file once from its start to its end and hashes every frame. Damage does not stop it: what the
 * decoder says of it is kept.
 *
 * @throws the reason of `signal`
 */
export async function decodeWhole(
  { path, frames }: VideoRecord,
  tools: Ffmpeg,
  signal?: AbortSignal,
): Promise<WholeDecode> {
  const { timedOut, output, complaint } = await runProcess(tools.ffmpeg, [
    ...["-nostdin", "-hide_banner", "-v", "error", "-threads", "1"],
    ...["-err_detect", "crccheck+bitstream+buffer"], // damage that would pass for a picture
    ...inputArguments(path),
    ...["-map", "0:V:0", "-filter_threads", "1", "-threads", "1"],
    ...["-vf", `scale=${HASHED_SIDE}:${HASHED_SIDE}:flags=bilinear`],
    ...["-fps_mode", "passthrough", "-pix_fmt", "rgb24", "-f", "framemd5", "pipe:1"],
  ], { timeoutMs: START_MS + FRAME_MS * frames, keepOutput: true, signal });
  const hashes = output.split("\n").flatMap((line) =>
    line === "" || line.startsWith("#") ? [] : [line.slice(line.lastIndexOf(",") + 1).trim()]
  );
  const complaints = complaint.split("\n").filter((line) => line.trim() !== "");
  return { hashes, complaints: timedOut ? [...complaints, "ffmpeg took too long"] : complaints };
}
