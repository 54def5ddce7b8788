import type { VideoRecord } from "../index/video_record.ts";

/** Result of verifying a file; a line of the cache. */
export interface FileCheck {
  /** Absolute path. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Modification time in milliseconds since 1970. */
  readonly mtimeMs: number;
  /** Number of frames of a full decode. */
  readonly decoded: number;
  /** Number of decoder messages, from the first 8 KB. */
  readonly complaints: number;
  /** The first message, or null. */
  readonly complaint: string | null;
  /** Number of clips decoded from the middle and compared with the full decode. */
  readonly compared: number;
  /** The first difference, or null; with one, the index no longer seeks in the file. */
  readonly seekFault: string | null;
}

/** Kinds of faults. */
export type Fault = "truncated" | "damaged";

/** Kinds of unusual or slow properties. */
export type Oddity =
  | "late starts"
  | "one key frame"
  | "uneven times"
  | "odd size"
  | "changing size"
  | "gaps"
  | "early end";

/** Findings about a file. */
export interface FileFindings {
  /** Faults, with details. */
  readonly faults: readonly { readonly kind: Fault; readonly what: string }[];
  /** Oddities; frames are exact nevertheless. */
  readonly oddities: readonly { readonly kind: Oddity; readonly what: string }[];
}

/** Number of frames without a key frame beyond which decoding a clip is slow. */
const LONG = 120;

/** Seconds, and share of the duration, that may follow the last frame. */
const TAIL = { seconds: 1, share: 0.05 };

/** Derives findings from a file's record and its check. */
export function fileFindings(record: VideoRecord, check: FileCheck): FileFindings {
  return { faults: faultsOf(record, check), oddities: odditiesOf(record) };
}

function faultsOf(
  { frames, declaredFrames }: VideoRecord,
  { decoded, complaints, complaint }: FileCheck,
): FileFindings["faults"] {
  const faults: { kind: Fault; what: string }[] = [];
  if (declaredFrames !== null && declaredFrames > frames) {
    faults.push({ kind: "truncated", what: `${frames} of ${declaredFrames} frames are there` });
  }
  if (decoded !== frames) {
    faults.push({ kind: "damaged", what: `${decoded} of ${frames} frames can be decoded` });
  }
  if (complaints > 0) {
    faults.push({ kind: "damaged", what: `${complaints} complaints, first: ${complaint}` });
  }
  return faults;
}

function odditiesOf(
  { frames, width, height, duration, fps, seek, seekFault, resized, gaps, images }: VideoRecord,
): FileFindings["oddities"] {
  const oddities: { kind: Oddity; what: string }[] = [];
  if (!seek && !images && frames > LONG) {
    const why = seekFault ?? "its times or key frames cannot be relied on";
    oddities.push({ kind: "late starts", what: `every clip is decoded from the start: ${why}` });
  }
  if (seek?.keyframes.length === 1 && frames > LONG) {
    oddities.push({ kind: "one key frame", what: `one key frame in ${frames} frames` });
  }
  if (seek && !("step" in seek.times)) {
    oddities.push({ kind: "uneven times", what: "frames do not come at a constant rate" });
  }
  if (width % 2 !== 0 || height % 2 !== 0) {
    oddities.push({ kind: "odd size", what: `${width}x${height} pixels` });
  }
  if (resized) {
    const what = `${width}x${height} pixels at first, another size later`;
    oddities.push({ kind: "changing size", what });
  }
  if (gaps) {
    oddities.push({ kind: "gaps", what: "its container marks packets as incomplete, all decode" });
  }
  const tail = fps > 0 ? duration - frames / fps : 0;
  if (tail > TAIL.seconds && tail > TAIL.share * duration) {
    oddities.push({
      kind: "early end",
      what: `${duration.toFixed(2)} s long, its frames last ${(frames / fps).toFixed(2)} s`,
    });
  }
  return oddities;
}
