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
