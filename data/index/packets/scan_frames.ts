import type { Ffmpeg } from "../../process/find_ffmpeg.ts";
import { inputArguments } from "../../process/input_arguments.ts";
import { runFfmpeg } from "../../process/run_ffmpeg.ts";

/** Time limit for starting ffprobe and opening its file, in milliseconds. */
const START_MS = 60_000;

/** Time limit per packet, in milliseconds: a slow core decodes 4K video at about this rate. */
const PACKET_MS = 50;

/** A decoded frame. */
export interface ScannedFrame {
  /** Display time in ticks; undefined if unknown. */
  readonly pts?: number;
  /** Whether the decoder reported a key frame. */
  readonly key: boolean;
  /** Columns, before rotation. */
  readonly width: number;
  /** Rows, before rotation. */
  readonly height: number;
}

/** The decoded frames of a file. */
export interface FrameScan {
  readonly frames: readonly ScannedFrame[];
  /** Whether some differ in size from the first. */
  readonly resized: boolean;
  /**
   * Whether the container marks packets as incomplete, as after gaps or where streams were joined, although
   * all of them could be decoded.
   */
  readonly gaps: boolean;
}

/**
 * Decodes a whole file with ffprobe to list its frames, skipping steps that do not change their number.
 * Faster than full decoding, and much slower than reading packets.
 *
 * @param packets their number, which sets the time limit
 * @throws {Error} if ffprobe hangs
 * @throws the signal's reason
 */
export async function scanFrames(
  path: string,
  packets: number,
  tools: Ffmpeg,
  signal?: AbortSignal,
): Promise<FrameScan> {
  const timeoutMs = START_MS + PACKET_MS * packets;
  const { timedOut, output, complaint } = await runFfmpeg(tools.ffprobe, [
    ...["-v", "level+warning", "-threads", "1", "-skip_loop_filter", "all", "-skip_idct", "all"],
    ...["-select_streams", "V:0", "-show_entries", "frame=pts,key_frame,width,height"],
    ...["-of", "compact=p=0", ...inputArguments(path)],
  ], { timeoutMs, keepOutput: true, signal });
  if (timedOut) {
    throw new Error(
      `Cannot index ${path}: ffprobe must decode it within ${timeoutMs / 1000} s, got no end`,
    );
  }
  const lines = complaint.split("\n");
  const frames = output.split("\n").flatMap(scannedFrame);
  const [first] = frames;
  return {
    frames,
    resized: frames.some(({ width, height }) => width !== first.width || height !== first.height),
    gaps: lines.some((line) => line.includes("Packet corrupt")) &&
      !lines.some((line) => /\[(error|fatal|panic)\]/.test(line)),
  };
}

/** Parses the frame of a line "key_frame=1|pts=0|width=96|height=64"; none for other lines. */
function scannedFrame(line: string): ScannedFrame[] {
  const fields = new Map(line.split("|").map((field) => field.split("=") as [string, string]));
  const pts = Number(fields.get("pts"));
  const [width, height] = [Number(fields.get("width")), Number(fields.get("height"))];
  if (!width || !height) return [];
  const key = fields.get("key_frame") === "1";
  return [{ pts: Number.isNaN(pts) ? undefined : pts, key, width, height }];
}
