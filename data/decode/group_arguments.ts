import { timesOf } from "../index/seek_table.ts";
import { inputArguments } from "../process/input_arguments.ts";
import { type ClipRequest, distinctFrames, outputSize } from "./clip_request.ts";
import { type DecodeInput, planInputs } from "./decode_inputs.ts";

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
    ...seekArguments(pass),
    "-threads",
    "1",
    ...inputArguments(pass.path),
  ]);
  let turn = 0; // frames of the clips before
  const outputs = requests.flatMap((request, i) => {
    const count = distinctFrames(request.frames).length;
    turn += count;
    return outputArguments(
      ["-map", `${inputOf[i]}:V:0`, "-vf", clipFilter(request, passes[inputOf[i]], turn - count)],
      count,
      slots[i],
    );
  });
  return [
    "-nostdin",
    "-hide_banner",
    "-v",
    "error",
    "-y",
    "-xerror", // or a damaged stretch would come out as pixels that ffmpeg made up
    // Frames keep the times of their file, by which they are known after a seek.
    ...(passes.some(({ seconds }) => seconds !== null) ? ["-copyts"] : []),
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
 * Options of an input that starts in the middle. Decoding begins at a key frame and nothing is cut off
 * by time: which frames are wanted is decided by their own times, so that a seek which lands earlier
 * than asked for changes nothing.
 */
function seekArguments({ seconds }: DecodeInput): string[] {
  return seconds === null ? [] : ["-noaccurate_seek", "-ss", seconds.toFixed(6)];
}

/**
 * The filter of a clip: wanted frames first, so that the rest works on few of them. From the start of
 * a file frames are counted, after a seek they are told by their times. Only whole numbers enter the
 * text.
 *
 * ffmpeg goes on with the clip whose last frame has the earliest time. Clips of like times would take turns,
 * and their decoders push each other out of the processor's cache: 24 clips of H.264, 340x256 pixels,
 * took half as long again. So the frames of all clips get times one after the other.
 *
 * @param turn frames of the clips before this one
 */
function clipFilter(
  { record, frames, crop, size }: ClipRequest,
  pass: DecodeInput,
  turn: number,
): string {
  const output = outputSize({ size });
  const wanted = distinctFrames(frames);
  const names = pass.seconds === null
    ? wanted.map((frame) => `eq(n,${frame})`)
    : timesOf(record.seek!, wanted).map((time) => `eq(pts,${time})`);
  const { x, y, width, height } = crop;
  return [
    `select='${names.join("+")}'`,
    `setpts='(N+${turn})/TB'`,
    `crop=${width}:${height}:${x}:${y}:exact=1`,
    `scale=${output.width}:${output.height}:flags=bilinear`,
  ].join(",");
}
