import {
  imageValue,
  openEventFile,
  scalarValue,
  type SummaryValue,
  textValue,
} from "@videoms/data/events";
import { standardOutput } from "../../output/standard_output.ts";
import { metricKey, metricsOf } from "./metric.ts";
import type { LogEntry, RunLog } from "./run_log.ts";

/** What {@linkcode withEvents} writes, and where. */
export interface EventLogOptions {
  /** Run folder; gets a file of its own at each start. */
  folder: string;
  /** Optimiser steps that the log has behind it. */
  step: number;
  task: object;
  /** Called where a record cannot be written; nothing throws. @default told on the standard streams */
  onFailure?: (error: unknown) => void;
}

function reportEvents(error: unknown): void {
  standardOutput().reportFailure("the event file", error);
}

/** What TensorBoard shows of a line; nothing for lines that only say what happened. */
function summaryOf(entry: LogEntry): SummaryValue[] {
  const event = String(entry.event);
  if (event === "picture") return [imageValue(event, Deno.readFileSync(String(entry.path)))];
  return metricsOf(entry).map((metric) =>
    scalarValue(`${event}/${metricKey(metric)}`, metric.value)
  );
}

/**
 * A log that also writes an event file for TensorBoard: the numbers of its lines, the pictures that `picture` lines
 * name by their `path`, and the task as text. Each line becomes one record as it is appended.
 */
export async function withEvents(
  log: RunLog,
  { folder, step: done, task, onFailure = reportEvents }: EventLogOptions,
): Promise<RunLog> {
  const file = await openEventFile(folder, done, onFailure);
  file.write(done, [textValue("task", "```json\n" + JSON.stringify(task, null, 2) + "\n```")]);
  const close = () => {
    log.close();
    file[Symbol.dispose]();
  };
  return {
    append(entry) {
      log.append(entry);
      const values = summaryOf(entry);
      if (values.length > 0) file.write(Number(entry.step), values);
    },
    close,
    [Symbol.dispose]: close,
  };
}
