import type { VideoRecord } from "../index/video_record.ts";
import type { Ffmpeg } from "../process/find_ffmpeg.ts";
import { imageInput } from "../images/image_input.ts";
import { imageName } from "../images/image_series.ts";
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
 * Decodes a whole file, or all images of a folder, and hashes every frame. Damage does not stop it; the decoder's
 * messages are returned, and for images which of them are missing.
 *
 * @throws the signal's reason
 */
export async function decodeWhole(
  record: VideoRecord,
  tools: Ffmpeg,
  signal?: AbortSignal,
): Promise<WholeDecode> {
  const { path, frames, images } = record;
  const { timedOut, output, complaint } = await runFfmpeg(tools.ffmpeg, [
    ...["-nostdin", "-hide_banner", "-v", "error", "-threads", "1"],
    ...images ? imageInput(images, 1) : [
      ...["-err_detect", "crccheck+bitstream+buffer"], // damage that would pass as valid pictures
      ...inputArguments(path),
    ],
    ...["-map", "0:V:0", "-filter_threads", "1", "-threads", "1"],
    ...["-vf", `scale=${HASHED_SIDE}:${HASHED_SIDE}:flags=bilinear`],
    ...["-fps_mode", "passthrough", "-pix_fmt", "rgb24", "-f", "framemd5", "pipe:1"],
  ], { timeoutMs: START_MS + FRAME_MS * frames, keepOutput: true, signal });
  const lines = output.split("\n").filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(",").map((field) => field.trim()));
  const hashes = lines.map((fields) => fields.at(-1)!);
  const complaints = [
    ...brokenImages(record, lines),
    ...complaint.split("\n").filter((line) => line.trim() !== ""),
  ];
  return { hashes, complaints: timedOut ? [...complaints, "ffmpeg took too long"] : complaints };
}

/** The images that gave no frame, one a second: an image's time is its number. */
function brokenImages(
  { images, frames }: VideoRecord,
  lines: readonly (readonly string[])[],
): string[] {
  if (!images || lines.length === frames) return [];
  const decoded = new Set(lines.map(([, , pts]) => Number(pts)));
  return Array.from({ length: frames }, (_, frame) => frame).filter((frame) => !decoded.has(frame))
    .map((frame) => `frame ${frame}, ${imageName(images, frame)}, is broken`);
}
