import type { VideoRecord } from "../index/video_record.ts";

/** What a check of a file found; a line of the file that keeps checks. */
export interface FileCheck {
  /** Absolute path. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** When the file was changed last, in milliseconds. */
  readonly mtimeMs: number;
  /** Frames that a full decode gave. */
  readonly decoded: number;
  /** Lines in which the decoder complained, of the first 8 KB. */
  readonly complaints: number;
  /** The first of these lines, or null. */
  readonly complaint: string | null;
  /** Clips decoded from the middle and compared with the full decode. */
  readonly compared: number;
  /** The first difference that was found, or null; the index no longer seeks in the file then. */
  readonly seekFault: string | null;
}

/** Kinds of what is wrong with a file. */
export type Fault = "truncated" | "damaged";

/** Kinds of what is only unusual about a file, or slow. */
export type Oddity =
  | "late starts"
  | "one key frame"
  | "uneven times"
  | "odd size"
  | "changing size"
  | "gaps"
  | "early end";

/** What can be said about a file. */
export interface FileFindings {
  /** What is wrong, each with its facts. */
  readonly faults: readonly { readonly kind: Fault; readonly what: string }[];
  /** What is unusual; the frames are exact all the same. */
  readonly oddities: readonly { readonly kind: Oddity; readonly what: string }[];
}

/** Frames without a key frame from which decoding a clip takes long. */
const LONG = 120;

/** Seconds, and share of the file, that may follow its last frame. */
const TAIL = { seconds: 1, share: 0.05 };

/** Judges a file by its record and its check. */
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
  { frames, width, height, duration, fps, seek, seekFault, resized, gaps }: VideoRecord,
): FileFindings["oddities"] {
  const oddities: { kind: Oddity; what: string }[] = [];
  if (!seek && frames > LONG) {
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
