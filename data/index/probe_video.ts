import type { Ffmpeg } from "../process/find_ffmpeg.ts";
import { inputArguments } from "../process/input_arguments.ts";
import { lastWords } from "../process/last_words.ts";
import { runFfmpeg } from "../process/run_ffmpeg.ts";
import { videoFormat } from "../process/video_formats.ts";
import { type CountedFrames, countFrames } from "./packets/count_frames.ts";
import { scanFrames } from "./packets/scan_frames.ts";
import { missesItsEnd } from "./riff_end.ts";
import { type Packet, seekTable } from "./seek_table.ts";
import type { VideoRecord } from "./video_record.ts";

/** Path, size and modification time of a file, for which an index entry is valid. */
export interface FileStamp {
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
}

const TIMEOUT_MS = 60_000;

const ENTRIES = [
  "packet=pts,dts,size,pos,flags",
  "packet_side_data=side_data_type",
  "stream=codec_name,width,height,avg_frame_rate,r_frame_rate,nb_frames,time_base",
  "stream_side_data=rotation",
  "format=duration,start_time,format_name",
].join(":");

/** The part of ffprobe's output that is used. Numbers may be strings. */
interface ProbeAnswer {
  packets?: ProbedPacket[];
  streams?: ProbedStream[];
  format?: { duration?: string; start_time?: string; format_name?: string };
}

interface ProbedPacket {
  pts?: number;
  dts?: number;
  size?: string;
  pos?: string;
  flags?: string;
  side_data_list?: { side_data_type?: string }[];
}

interface ProbedStream {
  codec_name?: string;
  width?: number;
  height?: number;
  avg_frame_rate?: string;
  r_frame_rate?: string;
  nb_frames?: string;
  time_base?: string;
  side_data_list?: { rotation?: number | string }[];
}

/**
 * Probes a video file with one ffprobe process and inspects its packets. If they do not determine the number
 * of frames, a second process decodes the file.
 *
 * @returns the record, or the reason why the file is not usable as a video
 * @throws {Error} if ffprobe does not run
 * @throws {Error} if ffprobe hangs, which says nothing about the file
 */
export async function probeVideo(
  stamp: FileStamp,
  tools: Ffmpeg,
  signal?: AbortSignal,
): Promise<VideoRecord | string> {
  const { code, timedOut, output, complaint } = await runFfmpeg(tools.ffprobe, [
    ...["-v", "error"],
    ...["-select_streams", "V:0"], // the first real video: "v:0" could be a cover image
    ...["-show_entries", ENTRIES, "-of", "json"],
    ...inputArguments(stamp.path),
  ], { timeoutMs: TIMEOUT_MS, keepOutput: true, signal });
  if (timedOut) {
    throw new Error(
      `Cannot index ${stamp.path}: ffprobe must answer within ${TIMEOUT_MS / 1000} s, got nothing`,
    );
  }
  if (code !== 0) return lastWords(complaint, stamp.path) || `ffprobe ended with code ${code}`;
  const answer = JSON.parse(output) as ProbeAnswer;
  const stream = answer.streams?.[0];
  if (!stream?.width || !stream.height) return "it holds no video stream";
  const packets = (answer.packets ?? []).map(toPacket);
  if (packets.every(({ discarded }) => discarded)) return "it holds no video frames";
  const counted = await countFrames(stamp.path, packets, {
    codec: stream.codec_name ?? "unknown",
    container: answer.format?.format_name ?? "",
    changes: (answer.packets ?? []).some(({ side_data_list: list = [] }) =>
      list.some(({ side_data_type: type }) => type === "New Extradata")
    ),
  }, () => scanFrames(stamp.path, packets.length, tools, signal));
  if (counted.frames === 0) return "none of its video frames can be decoded";
  const declaredFrames = promisedFrames(stamp.path, answer, packets, counted.frames);
  return { ...stamp, ...toRecord(stamp, answer, stream, counted), declaredFrames };
}

/** The number of frames that a file's header declares, or of those present if no packet is missing. */
function promisedFrames(
  path: string,
  { streams, format }: ProbeAnswer,
  packets: readonly Packet[],
  frames: number,
): number | null {
  const promised = Number(streams?.[0].nb_frames);
  if (!promised) return null;
  // An AVI file also counts frames dropped in recording, which have no packets.
  const isWhole = format?.format_name === "avi" ? !missesItsEnd(path) : packets.length >= promised;
  return isWhole ? frames : promised - packets.filter(({ discarded }) => discarded).length;
}

function toPacket({ pts, dts, size, pos, flags = "" }: ProbedPacket): Packet {
  return {
    pts,
    dts,
    size: Number(size) || 0,
    position: pos === undefined ? undefined : Number(pos),
    key: flags.includes("K"),
    discarded: flags.includes("D"), // by an edit list
  };
}

function toRecord(
  { size }: FileStamp,
  answer: ProbeAnswer,
  stream: ProbedStream,
  { frames, packets, scan }: CountedFrames,
): Omit<VideoRecord, "path" | "size" | "mtimeMs" | "declaredFrames"> {
  const { width, height } = scan?.frames[0] ?? { width: stream.width!, height: stream.height! };
  const rotation = Number(stream.side_data_list?.find((data) => data.rotation)?.rotation ?? 0);
  // ffmpeg rotates frames before any filter, while ffprobe reports the size before rotation.
  const turned = Math.abs(rotation) % 180 === 90;
  const rates = [ratio(stream.avg_frame_rate), ratio(stream.r_frame_rate)];
  const codec = stream.codec_name ?? "unknown";
  const [n, d] = (stream.time_base ?? "0/1").split("/").map(Number);
  return {
    codec,
    width: turned ? height : width,
    height: turned ? width : height,
    ...lengthOf(answer, frames),
    frames,
    seek: packets && seekTable(packets, {
      size,
      container: answer.format?.format_name ?? "",
      timeBase: [n, d],
      startTime: Number(answer.format?.start_time) || 0,
      rates,
    }),
    ...(scan?.resized ? { resized: true } : {}),
    ...(scan?.gaps ? { gaps: true } : {}),
  };
}

/** Mean frame rate and duration in seconds, each 0 if unknown. */
function lengthOf(
  { streams, format }: ProbeAnswer,
  frames: number,
): Pick<VideoRecord, "fps" | "duration"> {
  const { avg_frame_rate: average, r_frame_rate: base } = streams![0];
  const fps = ratio(average) || ratio(base);
  const stated = Number(format?.duration) || 0;
  const { starts, raw } = videoFormat(format?.format_name ?? "");
  // The duration of a raw stream is guessed from its bit rate, the rate of a GIF from its first frames.
  if (raw || stated === 0) return { fps, duration: fps > 0 ? frames / fps : 0 };
  return { fps: starts === "first" ? frames / stated : fps, duration: stated };
}

/** The value of "30000/1001"; 0 for "0/0" and for nothing. */
function ratio(text = "0/0"): number {
  const [numerator, denominator] = text.split("/").map(Number);
  return denominator > 0 ? numerator / denominator : 0;
}
