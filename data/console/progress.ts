import { formatBar, formatDuration } from "@videoms/core/plain";
import type { StatusOutput } from "./output.ts";
import { createStatusLine } from "./status_line.ts";

/** Progress of work with a known number of parts: rendering, indexing, checking. */
export interface Progress extends Disposable {
  update(done: number): void;
  /** Prints a line of its own. */
  print(text: string): void;
  /** Ends the line; harmless when it has ended. */
  end(): void;
}

const BAR_WIDTH = 20;

/**
 * Shows progress of some work.
 *
 * @param label what is being done, such as `indexing`
 * @param total number of parts
 * @param unit what the parts are, such as `videos`
 */
export function createProgress(
  output: StatusOutput,
  label: string,
  total: number,
  unit: string,
): Progress {
  const line = createStatusLine(output);
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
