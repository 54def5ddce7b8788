import { firstOf } from "../annotations/first_of.ts";
import type { TimeSpan } from "../dataset/dataset.ts";

/** A window of a video with or without a change of an object's state. */
export interface OsccWindow {
  /** `unique_id`: name of the window. */
  readonly uniqueId: string;
  /** `video_uid`: name of the full video. */
  readonly videoUid: string;
  /** `parent_start_sec` and `parent_end_sec`: the window in the full video. */
  readonly inVideo: TimeSpan;
  /** `clip_uid`: name of the clip that contains the window, or null. */
  readonly clipUid: string | null;
  /** `clip_start_sec` and `clip_end_sec`: the window in that clip, or null if not given. */
  readonly inClip: TimeSpan | null;
  /** `state_change`. */
  readonly stateChange: boolean;
}

type Fields = Readonly<Record<string, unknown>>;
type Complain = (problem: string) => void;

/**
 * Parses an annotation file of Ego4D's object state change classification (`fho_oscc-pnr_train.json`,
 * `fho_oscc-pnr_val.json`): `{ clips: [{ unique_id, video_uid, parent_start_sec, parent_end_sec,
 * state_change, clip_uid, clip_start_sec, clip_end_sec, … }] }`.
 *
 * The fields follow Ego4D's published schema (https://ego4d-data.org/docs/data/annotations-schemas/) and its
 * version 2. Only the first five are required, since `clip_uid` is null in some rows.
 * `fho_oscc-pnr_test_unannotated.json`, which has no `state_change`, is rejected, since its labels are not
 * published.
 *
 * @param file path of the file, for messages
 * @throws {SyntaxError} if the text is not such JSON, or windows are malformed; lists the first ten
 */
export function parseOsccAnnotations(text: string, file: string): OsccWindow[] {
  const problems: string[] = [];
  const windows = clipsOf(text, file).map((clip, row) => {
    const found: string[] = [];
    const window = readWindow(clip, (problem) => found.push(problem));
    const name = isObject(clip) ? `clip ${row + 1} (${String(clip.unique_id)})` : `clip ${row + 1}`;
    if (found.length > 0) problems.push(`${name}: ${found.join(" and ")}`);
    return window;
  });
  if (problems.length === 0) return windows;
  throw new SyntaxError(
    `Cannot read OSCC annotations ${file}: every clip must have the fields of Ego4D's schema, got ` +
      firstOf(problems),
  );
}

function clipsOf(text: string, file: string): readonly unknown[] {
  const must = `Cannot read OSCC annotations ${file}: it must be JSON of the form { "clips": […] }`;
  let content: unknown;
  try {
    content = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new SyntaxError(`${must}, got ${(error as Error).message}`);
  }
  const clips = isObject(content) ? content.clips : undefined;
  if (!Array.isArray(clips)) {
    throw new SyntaxError(
      `${must}, got ${
        isObject(content) ? `the fields ${Object.keys(content).join(", ")}` : typeof content
      }`,
    );
  }
  if (clips.length === 0) throw new SyntaxError(`${must}, got no clips`);
  return clips;
}

function readWindow(clip: unknown, complain: Complain): OsccWindow {
  if (!isObject(clip)) complain(`it must be an object, got ${JSON.stringify(clip)}`);
  const fields = isObject(clip) ? clip : {};
  const clipUid = fields.clip_uid ?? null;
  const hasStretch = (fields.clip_start_sec ?? fields.clip_end_sec ?? null) !== null;
  return {
    uniqueId: readName(fields, "unique_id", complain),
    videoUid: readName(fields, "video_uid", complain),
    inVideo: readTimeSpan(fields, "parent", complain),
    clipUid: clipUid === null ? null : readName(fields, "clip_uid", complain),
    inClip: clipUid !== null && hasStretch ? readTimeSpan(fields, "clip", complain) : null,
    stateChange: readStateChange(fields, complain),
  };
}

/** A file name without extension, which must not contain path separators. */
function readName(fields: Fields, name: string, complain: Complain): string {
  const value = fields[name];
  if (typeof value === "string" && /^\w[\w.-]*$/.test(value)) return value;
  complain(`"${name}" must be a name of letters, digits, "_", "-" and ".", got ${shown(value)}`);
  return "";
}

function readTimeSpan(fields: Fields, prefix: "parent" | "clip", complain: Complain): TimeSpan {
  const [start, end] = [`${prefix}_start_sec`, `${prefix}_end_sec`].map((name) => {
    const value = fields[name];
    if (typeof value === "number" && Number.isFinite(value)) return value;
    complain(`"${name}" must be a number of seconds, got ${shown(value)}`);
    return NaN;
  });
  if (end <= start) {
    complain(`"${prefix}_end_sec" must be above "${prefix}_start_sec" (${start}), got ${end}`);
  }
  return { start, end };
}

function readStateChange({ state_change: value }: Fields, complain: Complain): boolean {
  if (typeof value === "boolean") return value;
  const hint = value === undefined ? " (Ego4D's test annotations have none)" : "";
  complain(`"state_change" must be true or false, got ${shown(value)}${hint}`);
  return false;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
