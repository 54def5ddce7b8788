import type { VideoRecord } from "../index/video_record.ts";
import type { Ffmpeg } from "../process/find_ffmpeg.ts";
import { inputArguments } from "../process/input_arguments.ts";
import { runFfmpeg } from "../process/run_ffmpeg.ts";

/** Side to which frames are scaled before hashing, in pixels. */
export const HASHED_SIDE = 64;

/** Time limit for starting a process and opening its file, in milliseconds. */
const START_MS = 60_000;

/** Time limit per frame, in milliseconds: a slow core decodes 4K video at about this rate. */
const FRAME_MS = 50;

/** Result of a full decode. */
export interface WholeDecode {
  /** MD5 of each frame, scaled to {@linkcode HASHED_SIDE}² RGB pixels. */
  readonly hashes: readonly string[];
  /** The decoder's messages, from the first 8 KB. */
  readonly complaints: readonly string[];
}

/**
 * Decodes a whole file and hashes every frame. Damage does not stop it; the decoder's messages are returned.
 *
 * @throws the signal's reason
 */
export async function decodeWhole(
  { path, frames }: VideoRecord,
  tools: Ffmpeg,
  signal?: AbortSignal,
): Promise<WholeDecode> {
  const { timedOut, output, complaint } = await runFfmpeg(tools.ffmpeg, [
    ...["-nostdin", "-hide_banner", "-v", "error", "-threads", "1"],
    ...["-err_detect", "crccheck+bitstream+buffer"], // damage that would pass as valid pictures
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
