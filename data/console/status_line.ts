import type { StatusOutput } from "./output.ts";

/** One line that shows progress: rewritten on a terminal, else printed now and then. */
export interface StatusLine {
  /** Shows a text, or drops it when the last one was shown a moment ago. */
  show(text: string): void;
  /** Prints a line of its own, above the status line. */
  print(text: string): void;
  /** Shows a last text, whenever the one before was shown, and ends the line. */
  end(text?: string): void;
}

/** Milliseconds between two texts on a terminal. */
const TERMINAL_INTERVAL = 100;

export const CLEAR_LINE = "\r\x1b[K";

/** A text cut to a width, in whole characters. */
function cut(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : characters.slice(0, width - 1).join("") + "…";
}

/**
 * A status line on some output.
 *
 * @param plainInterval milliseconds between two plain lines where lines cannot be rewritten
 */
export function createStatusLine(output: StatusOutput, plainInterval = 10_000): StatusLine {
  const interval = output.isTerminal ? TERMINAL_INTERVAL : plainInterval;
  let shownAt = -Infinity;
  let shown = ""; // what the terminal's line holds now
  const put = (text: string) => {
    // One column stays free: a full line wraps on some terminals.
    if (output.isTerminal) output.write(CLEAR_LINE + cut(text, output.columns() - 1));
    else output.write(text + "\n");
    shown = text;
    shownAt = output.now();
  };
  return {
    show(text) {
      if (output.now() - shownAt >= interval) put(text);
    },
    print(text) {
      if (!output.isTerminal) return output.write(text + "\n");
      output.write(`${CLEAR_LINE}${text}\n`);
      if (shown !== "") output.write(cut(shown, output.columns() - 1));
    },
    end(text) {
      if (text !== undefined && text !== shown) put(text);
      if (output.isTerminal && shown !== "") output.write("\n");
      shown = "";
    },
  };
}
