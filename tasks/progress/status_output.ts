/** Where progress is shown; standard error, but for tests. */
export interface StatusOutput {
  /** Whether lines can be rewritten. */
  readonly isTerminal: boolean;
  /** Width in characters. */
  columns(): number;
  /** Writes a text as it is. */
  write(text: string): void;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
}

/** Width where a terminal does not tell one. */
const USUAL_COLUMNS = 80;

/** Standard error, so that standard output stays free for results. */
export function standardError(): StatusOutput {
  const encoder = new TextEncoder();
  return {
    isTerminal: Deno.stderr.isTerminal(),
    columns() {
      try {
        return Deno.consoleSize().columns || USUAL_COLUMNS;
      } catch {
        return USUAL_COLUMNS; // the terminal is on none of the standard streams
      }
    },
    write(text) {
      let bytes = encoder.encode(text);
      while (bytes.length > 0) bytes = bytes.subarray(Deno.stderr.writeSync(bytes));
    },
    now: () => performance.now(),
  };
}
