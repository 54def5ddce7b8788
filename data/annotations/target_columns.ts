import { parseCsv } from "./csv.ts";
import { firstOf } from "./first_of.ts";
import type { ListColumn, ListLine } from "./list_columns.ts";

/** Columns of a CSV list that are predicted in place of a class. */
export interface TargetColumns {
  /** Labels, each 0 or 1, or numbers. */
  readonly kind: "labels" | "numbers";
  /** Names of the columns, at least one. */
  readonly names: readonly string[];
}

/** A row of a CSV list. */
export interface TargetLine extends ListLine {
  /** Line number, from 1. */
  readonly line: number;
  /** A value for each column. */
  readonly targets: readonly number[];
}

/**
 * Reads a CSV list with a header: a column `path`, the columns of the targets, and `start` and `frames` if the list has
 * these.
 *
 * @param file path of the list, for messages
 * @throws {SyntaxError} if a column is missing, or a value is no number, or that of a label neither 0 nor 1; lists the
 * first ten
 */
export function readTargetLines(
  text: string,
  { file, columns, targets }: {
    file: string;
    columns: readonly ListColumn[];
    targets: TargetColumns;
  },
): TargetLine[] {
  const numbers = columns.filter((name) => name === "start" || name === "frames");
  const rows = parseCsv(text, { file, columns: ["path", ...numbers, ...targets.names] });
  const malformed: string[] = [];
  const valueIn = (values: Readonly<Record<string, string>>, line: number) => (name: string) => {
    const written = values[name].trim();
    const value = written === "" ? NaN : Number(written);
    const isLabel = targets.kind === "labels" && targets.names.includes(name);
    const fits = isLabel ? value === 0 || value === 1 : Number.isFinite(value);
    if (!fits) malformed.push(`line ${line}, ${name}: ${JSON.stringify(written)}`);
    return value;
  };
  const lines = rows.map(({ line, values }): TargetLine => {
    const read = valueIn(values, line);
    const [start, count] = [
      numbers.includes("start") ? read("start") : 0,
      numbers.includes("frames") ? read("frames") : -1,
    ];
    const part = { start, count: count < 0 ? null : count };
    return {
      line,
      path: values.path,
      label: 0,
      ...start === 0 && count < 0 ? {} : { frames: part },
      targets: targets.names.map(read),
    };
  });
  if (malformed.length === 0) return lines;
  const rule = targets.kind === "labels" ? "labels must be 0 or 1" : "values must be numbers";
  throw new SyntaxError(`Cannot read annotations ${file}: ${rule}, got ${firstOf(malformed)}`);
}
