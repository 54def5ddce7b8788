import type { Output } from "@videoms/tasks";

/** An output that remembers what it was told. */
export interface RecordingOutput extends Output {
  /** What was printed to standard output. */
  readonly out: string[];
  /** What was printed to standard error. */
  readonly errors: string[];
  /** Both, in order. */
  readonly all: string[];
}

/**
 * Makes one. Texts end with the line break that a stream would get.
 *
 * @param onText called with each, as it was given
 */
export function recordingOutput(onText: (text: string) => void = () => {}): RecordingOutput {
  const out: string[] = [];
  const errors: string[] = [];
  const all: string[] = [];
  const failures: string[] = [];
  const into = (lines: string[]) => (text: string) => {
    lines.push(text + "\n");
    all.push(text + "\n");
    onText(text);
  };
  return {
    out,
    errors,
    all,
    print: into(out),
    printError: into(errors),
    status: { isTerminal: false, columns: () => 80, write: () => {}, now: () => performance.now() },
    reportFailure: (place, error) => void failures.push(`${place}: ${error}`),
    failures: () => failures,
  };
}
