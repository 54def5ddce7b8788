import { streamWriter, type WritableBytes } from "../files/stream_writer.ts";
import type { Output, StatusOutput } from "./output.ts";
import { CLEAR_LINE } from "./status_line.ts";

/** A standard stream of the process. */
export interface StandardStream extends WritableBytes {
  /** Whether a person looks at it. */
  isTerminal(): boolean;
}

/** Width where a terminal does not tell one. */
const USUAL_COLUMNS = 80;

function terminalColumns(): number {
  try {
    return Deno.consoleSize().columns || USUAL_COLUMNS;
  } catch {
    return USUAL_COLUMNS; // the terminal is on none of the standard streams, or gone
  }
}

/** An output that can report at its end what it could not report before. */
export interface ProcessOutput extends Output {
  /** Reports failures of standard error on standard output. */
  end(): void;
}

/**
 * An output on two streams. Results go to the first one only, so that they can be piped on; a failure of
 * one stream is reported on the other.
 */
export function createOutput(results: StandardStream, messages: StandardStream): ProcessOutput {
  const failures = new Map<string, { text: string; isTold: boolean }>();
  const [areResultsShown, isTerminal] = [results.isTerminal(), messages.isTerminal()];
  let isLineOpen = false; // a progress line, which the next text must not be appended to
  const reportBy = (write: (text: string) => boolean) => {
    for (const failure of failures.values()) failure.isTold ||= write(failure.text);
  };
  const reportFailure = (place: string, error: unknown) => {
    if (failures.has(place)) return;
    const reason = error instanceof Error ? error.message : String(error);
    const text = `Cannot write to ${place}: ${reason}. The work goes on`;
    failures.set(place, { text, isTold: false });
    reportBy(writeMessage);
  };
  const writeResults = streamWriter(results, (error) => reportFailure("standard output", error));
  const writeErrors = streamWriter(messages, (error) => reportFailure("standard error", error));
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
    reportFailure,
    failures: () => [...failures.values()].map(({ text }) => text),
    end: () => reportBy((text) => writeMessage(text) || writeResults(text + "\n")),
  };
}

/**
 * An output for where nobody sees the standard streams, such as notebooks and servers.
 *
 * @param write gets results, messages and now and then a line of progress, each without its line break
 * @example
 * ```ts
 * import { textOutput } from "@videoms/data/console";
 *
 * const lines: string[] = [];
 * textOutput((line) => lines.push(line)).print("top-1 77 %");
 * console.assert(lines[0] === "top-1 77 %");
 * ```
 */
export function textOutput(write: (text: string) => void): ProcessOutput {
  const text = new TextDecoder();
  const stream: StandardStream = {
    isTerminal: () => false,
    writeSync(bytes) {
      write(text.decode(bytes).replace(/\n$/, ""));
      return bytes.length;
    },
  };
  return createOutput(stream, stream);
}

let output: ProcessOutput | null = null;

/** The standard streams of this process; one and the same for all, since they fail for all. */
export function standardOutput(): ProcessOutput {
  return output ??= createOutput(Deno.stdout, Deno.stderr);
}
