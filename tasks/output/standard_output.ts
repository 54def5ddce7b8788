import type { Output } from "./output.ts";
import type { StatusOutput } from "./status_output.ts";
import { streamWriter, type WritableBytes } from "./stream_writer.ts";

/** A standard stream of the process. */
export interface StandardStream extends WritableBytes {
  /** Whether a person looks at it. */
  isTerminal(): boolean;
}

/** Width where a terminal does not tell one. */
const USUAL_COLUMNS = 80;

const CLEAR_LINE = "\r\x1b[K";

function terminalColumns(): number {
  try {
    return Deno.consoleSize().columns || USUAL_COLUMNS;
  } catch {
    return USUAL_COLUMNS; // the terminal is on none of the standard streams, or gone
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What could not be written, place by place. */
class Failures {
  readonly #byPlace = new Map<string, { text: string; isTold: boolean }>();

  /** Adds a place; false if it is there already. */
  add(place: string, error: unknown): boolean {
    if (this.#byPlace.has(place)) return false;
    const text = `Cannot write to ${place}: ${reasonOf(error)}. The work goes on`;
    this.#byPlace.set(place, { text, isTold: false });
    return true;
  }

  /** Tells what has not been told, by something that says whether it could. */
  tell(write: (text: string) => boolean): void {
    for (const failure of this.#byPlace.values()) failure.isTold ||= write(failure.text);
  }

  texts(): string[] {
    return [...this.#byPlace.values()].map(({ text }) => text);
  }
}

/** An output that can tell at its end what it could not tell before. */
export interface ProcessOutput extends Output {
  /** Tells what could not be told before: failures of standard error on standard output. */
  end(): void;
}

/**
 * An output on two streams. Results go to the first one only, so that they can be piped on; a failure of
 * one stream is told on the other.
 */
export function createOutput(results: StandardStream, messages: StandardStream): ProcessOutput {
  const failures = new Failures();
  const [areResultsShown, isTerminal] = [results.isTerminal(), messages.isTerminal()];
  let isLineOpen = false; // a progress line, which the next text must not be appended to
  const report = (place: string, error: unknown) => {
    if (failures.add(place, error)) failures.tell(writeMessage);
  };
  const writeResults = streamWriter(results, (error) => report("standard output", error));
  const writeErrors = streamWriter(messages, (error) => report("standard error", error));
  const clearLine = () => {
    if (isLineOpen && isTerminal) writeErrors(CLEAR_LINE);
    isLineOpen = false;
  };
  const writeMessage = (text: string) => {
    clearLine();
    return writeErrors(text + "\n");
  };
  const status: StatusOutput = {
    isTerminal,
    columns: terminalColumns,
    write(text) {
      writeErrors(text);
      isLineOpen = !text.endsWith("\n");
    },
    now: () => performance.now(),
  };
  return {
    print(text) {
      if (areResultsShown) clearLine();
      writeResults(text + "\n");
    },
    printError: (text) => void writeMessage(text),
    status,
    reportFailure: report,
    failures: () => failures.texts(),
    end: () => failures.tell((text) => writeMessage(text) || writeResults(text + "\n")),
  };
}

let output: ProcessOutput | null = null;

/** The standard streams of this process; one and the same for all, since they fail for all. */
export function standardOutput(): ProcessOutput {
  return output ??= createOutput(Deno.stdout, Deno.stderr);
}
