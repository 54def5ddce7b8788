import { inputArguments } from "../process/input_arguments.ts";
import { type ClipRequest, distinctFrames, outputSize } from "./clip_request.ts";

/**
 * Arguments of ffmpeg for a group of clips: one input per file, one raw output file per clip. Clips of
 * one file share its input, which is decoded once for all of them.
 *
 * Every process works on one thread: cores are filled with processes, which wastes less.
 *
 * @param slots paths of the outputs, one per clip
 */
export function groupArguments(
  requests: readonly ClipRequest[],
  slots: readonly string[],
): string[] {
  const files = [...new Set(requests.map(({ record }) => record.path))];
  const inputOf = new Map(files.map((path, input) => [path, input]));
  const inputs = files.flatMap((path) => ["-threads", "1", ...inputArguments(path)]);
  const outputs = requests.flatMap((request, i) => [
    "-map",
    `${inputOf.get(request.record.path)}:V:0`,
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
