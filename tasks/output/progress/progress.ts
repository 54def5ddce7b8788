import { formatBar, formatDuration } from "./format.ts";
import { createStatusLine, type StatusLineOptions } from "./status_line.ts";
import { standardOutput } from "../standard_output.ts";

/** Progress of work with a known number of parts: rendering, indexing, checking. */
export interface Progress extends Disposable {
  /** Tells how many parts are done. */
  update(done: number): void;
  /** Prints a line of its own. */
  print(text: string): void;
  /** Ends the line; harmless when it has ended. */
  end(): void;
}

/** What progress is about. */
export interface ProgressOptions extends StatusLineOptions {
  /** What is being done, such as `indexing`. */
  label: string;
  /** Number of parts. */
  total: number;
  /** What the parts are, such as `videos`. */
  unit: string;
}

const BAR_WIDTH = 20;

/** Shows progress of some work. */
export function createProgress(options: ProgressOptions): Progress {
  const { label, total, unit, output = standardOutput().status } = options;
  const line = createStatusLine({ ...options, output });
  const start = output.now();
  let done = 0;
  let ended = false;
  const text = () => {
    const share = total === 0 ? 1 : done / total;
    const seconds = (output.now() - start) / 1000;
    const left = done === 0 ? Infinity : seconds * (total - done) / done;
    const time = done >= total ? `in ${formatDuration(seconds)}` : `ETA ${formatDuration(left)}`;
    return `${label}  ${formatBar(share, BAR_WIDTH)}  ${done}/${total} ${unit}  ${time}`;
  };
  const end = () => {
    if (!ended) line.end(text());
    ended = true;
  };
  return {
    update(count) {
      done = count;
      line.show(text());
    },
    print: (message) => line.print(message),
    end,
    [Symbol.dispose]: end,
  };
}
