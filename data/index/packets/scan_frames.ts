import type { Ffmpeg } from "../../process/find_ffmpeg.ts";
import { inputArguments } from "../../process/input_arguments.ts";
import { runProcess } from "../../process/run_process.ts";

/** Milliseconds that ffprobe may take to start and to open its file. */
const START_MS = 60_000;

/** Milliseconds a packet may take; a slow core decodes 4K video at about this rate. */
const PACKET_MS = 50;

/** A frame that decoding gave. */
export interface ScannedFrame {
  /** When it is shown, in ticks; undefined if that is not known. */
  readonly pts?: number;
  /** Whether the decoder took it for a key frame. */
  readonly key: boolean;
  /** Columns, before it is turned upright. */
  readonly width: number;
  /** Rows, before it is turned upright. */
  readonly height: number;
}

/** The frames of a file, as decoding gave them. */
export interface FrameScan {
  readonly frames: readonly ScannedFrame[];
  /** Whether some are of another size than the first. */
  readonly resized: boolean;
  /**
   * Whether the container marks packets as incomplete, as after a gap or where streams were joined, and all
   * of them could be decoded all the same.
   */
  readonly gaps: boolean;
}

/**
 * Decodes a whole file with ffprobe, only to learn its frames: what does not change their number is left
 * out. Quicker than the decoding of pixels that are used, and much slower than reading packets.
 *
 * @param packets how many there are, by which the time is limited
 * @throws {Error} if ffprobe hangs
 * @throws the reason of `signal`
 */
export async function scanFrames(
  path: string,
  packets: number,
  tools: Ffmpeg,
  signal?: AbortSignal,
): Promise<FrameScan> {
  const timeoutMs = START_MS + PACKET_MS * packets;
  const { timedOut, output, complaint } = await runProcess(tools.ffprobe, [
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

/** The frame of a line "key_frame=1|pts=0|width=96|height=64"; none of other lines. */
function scannedFrame(line: string): ScannedFrame[] {
  const fields = new Map(line.split("|").map((field) => field.split("=") as [string, string]));
  const pts = Number(fields.get("pts"));
  const [width, height] = [Number(fields.get("width")), Number(fields.get("height"))];
  if (!width || !height) return [];
  const key = fields.get("key_frame") === "1";
  return [{ pts: Number.isNaN(pts) ? undefined : pts, key, width, height }];
}
