import { metricKey, metricsOf } from "./metric.ts";
import type { LogEntry } from "./run_log.ts";

const FIRST_COLUMNS = ["event", "step", "epoch", "split"] as const;

/**
 * The measurements of a log as CSV (RFC 4180): a row for each line that has some, in the order of the log. The
 * columns are `event`, `step`, `epoch`, `split` and every number that a line has, in the order in which they
 * first appear; what a line does not have, or what is not finite, is empty.
 */
export function logCsv(entries: readonly LogEntry[]): string {
  const rows = entries.flatMap((entry) => {
    const metrics = metricsOf(entry);
    if (metrics.length === 0) return [];
    const { event, step, epoch } = entry;
    return [
      new Map<string, unknown>([
        ...Object.entries({ event, step, epoch, split: metrics[0].split }),
        ...metrics.map((one) => [metricKey(one), one.value] as const),
      ]),
    ];
  });
  const columns = new Set<string>(FIRST_COLUMNS);
  for (const row of rows) for (const column of row.keys()) columns.add(column);
  // Names need no quotes: the program gives them.
  const cell = (value: unknown) => Number.isNaN(value) ? "" : value ?? "";
  const lines = rows.map((row) => [...columns].map((column) => cell(row.get(column))).join(","));
  return [[...columns].join(","), ...lines].map((line) => `${line}\r\n`).join("");
}
