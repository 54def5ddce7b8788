import { CsvError, parse } from "csv-parse/sync";

/** A row of a CSV file. */
export interface CsvRow<Column extends string = string> {
  /** Line number of its last line, from 1. */
  readonly line: number;
  /** Values by column. */
  readonly values: Readonly<Record<Column, string>>;
}

/** Options of {@linkcode parseCsv}. */
export interface ParseCsvOptions<Column extends string> {
  /** Path of the file, for messages. */
  file: string;
  /** Columns that the header must contain, among any others. */
  columns: readonly Column[];
}

/**
 * Parses CSV with a header (RFC 4180). A byte order mark, Windows line endings and blank lines are accepted.
 *
 * @throws {SyntaxError} if a column is missing, a quote is not closed, or a row has too few or too many
 * values, with the line number
 */
export function parseCsv<const Column extends string>(
  text: string,
  { file, columns }: ParseCsvOptions<Column>,
): CsvRow<Column>[] {
  const fail = (problem: string): never => {
    throw new SyntaxError(`Cannot read ${file}: it must be CSV with a header, got ${problem}`);
  };
  const checkHeader = (header: string[]): string[] => {
    const names = header.map((name) => name.trim());
    const missing = columns.filter((column) => !names.includes(column));
    if (missing.length > 0) {
      fail(`no column ${missing.join(", ")} in the header "${names.join(",")}"`);
    }
    return names;
  };
  if (text.trim() === "") fail("an empty file");
  try {
    const rows = parse<{ record: Record<Column, string>; info: { lines: number } }>(text, {
      bom: true,
      columns: checkHeader,
      info: true,
      record_delimiter: ["\r\n", "\n", "\r"], // also mixed, as after editing
      skip_empty_lines: true,
    });
    return rows.map(({ record, info }) => ({ line: info.lines, values: record }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return fail(error.message);
  }
}
