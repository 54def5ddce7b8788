/** What a column of a list may be. */
const COLUMNS = ["path", "start", "frames", "label"] as const;

/** A column of a list. */
export type ListColumn = typeof COLUMNS[number];

/** The columns of `path label` lists. */
export const DEFAULT_COLUMNS = "path label";

/** Frames of a video that a list names. */
export interface ListedFrames {
  /** The first, from 0. */
  readonly start: number;
  /** How many; null for all up to the end. */
  readonly count: number | null;
}

/** The values of a line. */
export interface ListLine {
  /** The path as it is written. */
  readonly path: string;
  /** Class; 0 in lists without labels. */
  readonly label: number;
  /** @default the whole video */
  readonly frames?: ListedFrames;
}

/**
 * Reads the columns of a list as they are named in an option: `path frames label`.
 *
 * @throws {RangeError} unless the first is the path, and each of the others is known and there once
 */
export function listColumns(columns: string): ListColumn[] {
  const names = columns.trim().split(/\s+/);
  const known = names.every((name) => (COLUMNS as readonly string[]).includes(name));
  if (!known || names[0] !== "path" || new Set(names).size < names.length) {
    throw new RangeError(
      'Cannot read annotation lists: columns must be "path", then any of start, frames and label, ' +
        `got "${columns}"`,
    );
  }
  return names as ListColumn[];
}

/**
 * The reader of lines of so many columns, separated by spaces or tabs; only the path may contain these.
 *
 * @returns null for a line that is not of this form
 */
export function lineReader(columns: readonly ListColumn[]): (line: string) => ListLine | null {
  const numbers = columns.slice(1);
  const values = numbers.map((name) => name === "label" ? "[ \\t]+(\\d+)" : "[ \\t]+(-1|\\d+)");
  const form = new RegExp(`^\\s*(.+?)${values.join("")}\\s*$`);
  return (line) => {
    const match = form.exec(line);
    if (!match || match[1].includes("\0")) return null;
    const given = new Map(numbers.map((name, i) => [name, Number(match[i + 2])]));
    const [start, count] = [given.get("start") ?? 0, given.get("frames") ?? -1];
    if (start < 0 || count === 0) return null;
    const [path, label] = [match[1], given.get("label") ?? 0];
    if (start === 0 && count < 0) return { path, label };
    return { path, label, frames: { start, count: count < 0 ? null : count } };
  };
}
