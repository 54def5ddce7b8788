import { IMAGE_OPTIONS } from "../images/image_input.ts";
import { timesOf } from "../index/seek_table.ts";
import { inputArguments } from "../process/input_arguments.ts";
import { type ClipRequest, distinctFrames, outputSize } from "./clip_request.ts";
import { type DecodeInput, planInputs } from "./decode_inputs.ts";

/**
 * Time offset between the clips of a process, in seconds. ffmpeg continues with the clip whose last frame is
 * earliest. Clips with similar times would alternate, and their decoders would evict each other from the
 * processor's cache: 24 clips of H.264, 340x256 pixels, took half as long again.
 */
const TURN_SECONDS = 1_000_000;

/**
 * Arguments of ffmpeg for a group of clips: one input per pass over a file, one raw output file per clip.
 * Clips of one part of a file share an input, which is decoded once.
 *
 * Every process uses one thread; running more processes wastes less than more threads.
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
    ...pass.images ? IMAGE_OPTIONS : [],
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
    // Without these, ffmpeg conceals damage with invented pixels. Corruption marks of the container also end
    // decoding; where decoding is known to be sound despite them, messages reveal damage.
    ...(requests.some(({ record }) => record.gaps) ? [] : ["-xerror"]),
    "-copyts", // frames keep their file's times, by which they are identified
    ...inputs,
    "-filter_threads",
    "1",
    ...outputs,
  ];
}

/** Options of a clip's raw output file, after those for its content. */
function outputArguments(content: readonly string[], frames: number, slot: string): string[] {
  return [
    ...content,
    ...["-frames:v", String(frames)],
    ...["-fps_mode", "passthrough"], // the default repeats and drops frames for a constant rate
    ...["-threads", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", `file:${slot}`],
  ];
}

/**
 * Options by which an input's frames are identified. Frames with their own times are identified by these:
 * decoding begins at a key frame and nothing is trimmed by time, so that a seek that lands too early changes
 * nothing. Otherwise frames are counted, at one frame per second. (Filters' frame numbers cannot be used,
 * since they restart when the frame size changes.)
 */
function timeArguments({ seconds, timed }: DecodeInput): string[] {
  if (!timed) return ["-r", "1"];
  return seconds === null ? [] : ["-noaccurate_seek", "-ss", seconds.toFixed(6)];
}

/**
 * The filter graph of a clip. It selects frames first, so that the rest runs on few of them. Only whole
 * numbers are inserted. The crop is relative to the frame size, for frames that differ in size from the
 * first.
 *
 * @param turn index of the clip
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
