import { metricKind } from "@videoms/core/plain";
import type { LoggedRow, LoggedRun, LoggedScalar, Logger } from "../loggers/logger.ts";
import { openLogger } from "../loggers/open_logger.ts";
import { metricKey, metricsOf } from "./metric.ts";
import type { LogEntry, RunLog } from "./run_log.ts";

/** When a line was written, in milliseconds since 1970; lines of earlier versions do not say. */
function timeOf({ time }: LogEntry): number {
  return Date.parse(String(time)) || Date.now();
}

/**
 * A function that gives the numbers of each next line of a log, without those of a step that were there before.
 *
 * @param before rows of lines before the first
 */
function rowReader(before: readonly LoggedRow[] = []): (entry: LogEntry) => LoggedRow | null {
  const lastSteps = new Map(
    before.flatMap(({ step, scalars }) => scalars.map(({ tag }) => [tag, step] as const)),
  );
  return (entry) => {
    const step = Number(entry.step);
    const scalars = metricsOf(entry).map((metric): LoggedScalar => {
      const { name, value, event, split } = metric;
      const tag = `${event}/${metricKey(metric)}`;
      return { tag, name, value, split, unit: metricKind(name).unit.symbol };
    }).filter(({ tag }) => lastSteps.get(tag) !== step);
    for (const { tag } of scalars) lastSteps.set(tag, step);
    return scalars.length > 0 ? { step, time: timeOf(entry), scalars } : null;
  };
}

/** The numbers of the lines of a log, line by line; lines that only say what happened have none. */
export function loggedRows(entries: readonly LogEntry[]): LoggedRow[] {
  const read = rowReader();
  return entries.flatMap((entry) => read(entry) ?? []);
}

/**
 * A log whose numbers, and the pictures that `picture` lines name by their `path`, also go to a logger. What was measured again
 * of a step, since a stop came in between, the logger is told once.
 */
export async function withLogger(log: RunLog, logger: Logger, run: LoggedRun): Promise<RunLog> {
  const opened = await openLogger(logger, run);
  const read = rowReader(run.earlier);
  let isOpen = true;
  const close: RunLog["close"] = (how = "failed") => {
    log.close(how);
    if (isOpen) opened.end(how);
    isOpen = false;
  };
  return {
    append(entry) {
      log.append(entry);
      const row = read(entry);
      if (row) opened.write(row);
      const { event, step, path } = entry;
      if (event !== "picture") return;
      opened.picture?.({ step: Number(step), time: timeOf(entry), path: String(path) });
    },
    close,
    [Symbol.dispose]: () => close(),
  };
}
