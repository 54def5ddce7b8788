import { timesOf } from "../index/seek_table.ts";
import { inputArguments } from "../process/input_arguments.ts";
import { type ClipRequest, distinctFrames, outputSize } from "./clip_request.ts";
import { type DecodeInput, planInputs } from "./decode_inputs.ts";

/**
 * Seconds from clip to clip of a process. ffmpeg goes on with the clip whose last frame has the earliest
 * time. Clips of like times would take turns, and their decoders push each other out of the processor's
 * cache: 24 clips of H.264, 340x256 pixels, took half as long again.
 */
const TURN_SECONDS = 1_000_000;

/**
 * Arguments of ffmpeg for a group of clips: one input per pass over a file, one raw output file per clip.
 * Clips of one stretch of a file share its input, which is decoded once for all of them.
 *
 * Every process works on one thread: cores are filled with processes, which wastes less.
 *
 * @param slots paths of the outputs, one per clip
 * @param apart as for `planInputs`
 */
export function groupArguments(
  requests: readonly ClipRequest[],
  slots: readonly string[],
  apart?: boolean,
): string[] {
  const { inputs: passes, inputOf } = planInputs(requests, apart);
  const inputs = passes.flatMap((pass) => [
    ...timeArguments(pass),
    "-threads",
    "1",
    ...inputArguments(pass.path),
  ]);
  const outputs = requests.flatMap((request, i) =>
    outputArguments(
      ["-map", `${inputOf[i]}:V:0`, "-vf", clipFilter(request, i)],
      distinctFrames(request.frames).length,
      slots[i],
    )
  );
  return [
    "-nostdin",
    "-hide_banner",
    "-v",
    "error",
    "-y",
    // A damaged stretch would come out as pixels that ffmpeg made up. Marks of the container would end it
    // as well; where decoding is known to be sound in spite of them, complaints tell the damage.
    ...(requests.some(({ record }) => record.gaps) ? [] : ["-xerror"]),
    "-copyts", // frames keep the times of their file, by which they are known
    ...inputs,
    "-filter_threads",
    "1",
    ...outputs,
  ];
}

/** Options of the raw file of a clip, after those that say what is in it. */
function outputArguments(content: readonly string[], frames: number, slot: string): string[] {
  return [
    ...content,
    ...["-frames:v", String(frames)],
    ...["-fps_mode", "passthrough"], // the default repeats and drops frames to keep a constant rate
    ...["-threads", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", `file:${slot}`],
  ];
}

/**
 * Options of an input by which its frames are known. Where they have times of their own, by these: decoding
 * begins at a key frame and nothing is cut off by time, so that a seek which lands earlier than asked for
 * changes nothing. Otherwise they are counted: a frame a second. (The number that filters give frames does
 * not serve for that; it begins anew where the size of frames changes.)
 */
function timeArguments({ seconds, timed }: DecodeInput): string[] {
  if (!timed) return ["-r", "1"];
  return seconds === null ? [] : ["-noaccurate_seek", "-ss", seconds.toFixed(6)];
}

/**
 * The filter of a clip: wanted frames first, so that the rest works on few of them. Only whole numbers
 * enter the text. The crop is told in shares of the frame, for frames of another size than the first one.
 *
 * @param turn number of the clip
 */
function clipFilter({ record, frames, crop, size }: ClipRequest, turn: number): string {
  const output = outputSize({ size });
  const wanted = distinctFrames(frames);
  const times = record.seek ? timesOf(record.seek, wanted) : wanted;
  const across = (pixels: number) => `iw*${pixels}/${record.width}`;
  const down = (pixels: number) => `ih*${pixels}/${record.height}`;
  const box = [across(crop.width), down(crop.height), across(crop.x), down(crop.y)];
  return [
    `select='${times.map((time) => `eq(pts,${time})`).join("+")}'`,
    `setpts='PTS+${turn * TURN_SECONDS}/TB'`,
    `crop=${box.join(":")}:exact=1`,
    `scale=${output.width}:${output.height}:flags=bilinear`,
  ].join(",");
}
