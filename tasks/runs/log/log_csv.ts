import type { LogEntry } from "./run_log.ts";
import { MEASURING_EVENTS, numericFields } from "./numeric_fields.ts";

/** First columns of every table. */
const FIRST_COLUMNS = ["event", "step", "epoch"] as const;

/**
 * The measurements of a log as CSV (RFC 4180): a row for each `step`, `evaluation` and `validation` line
 * in the order of the log. The columns are `event`, `step`, `epoch` and every other number that a line
 * has, in the order in which they first appear; what a line does not have, or what is not finite, is empty.
 *
 * @example
 * ```ts
 * import { logCsv } from "@videoms/tasks";
 *
 * const csv = logCsv([
 *   { event: "step", step: 1, epoch: 0, loss: 0.5 },
 *   { event: "evaluation", step: 1, clips: "held-out", loss: 0.75 },
 * ]);
 * console.assert(csv === "event,step,epoch,loss\r\nstep,1,0,0.5\r\nevaluation,1,,0.75\r\n");
 * ```
 */
export function logCsv(entries: readonly LogEntry[]): string {
  const rows = entries
    .filter(({ event }) => MEASURING_EVENTS.includes(String(event)))
    .map((entry) => new Map<string, unknown>([["event", entry.event], ...numericFields(entry)]));
  const columns = new Set<string>(FIRST_COLUMNS);
  for (const row of rows) for (const column of row.keys()) columns.add(column);
  // Names of fields and events need no quotes: the program gives them.
  const lines = rows.map((row) => [...columns].map((column) => row.get(column) ?? "").join(","));
  return [[...columns].join(","), ...lines].map((line) => `${line}\r\n`).join("");
}
