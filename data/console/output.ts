/** Where progress is shown; standard error, but for tests. */
export interface StatusOutput {
  /** Whether lines can be rewritten. */
  readonly isTerminal: boolean;
  columns(): number;
  write(text: string): void;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
}

/**
 * Where a program prints. None of its functions throws: a reader that is gone, a full disk or
 * a closed terminal must not end the work. What could not be written is remembered.
 */
export interface Output {
  /** Prints a result: lines on standard output. */
  print(text: string): void;
  /** Prints a message: lines on standard error. */
  printError(text: string): void;
  readonly status: StatusOutput;
  /** Remembers that a place, such as a path, could not be written to, and reports it once. */
  reportFailure(place: string, error: unknown): void;
  /** What could not be written so far, a sentence for each place. */
  failures(): readonly string[];
}
