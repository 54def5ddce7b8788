import { join } from "node:path";
import { standardOutput } from "../../output/standard_output.ts";
import { AppendFile } from "@videoms/data/files";
import type { LogEntry, RunLog } from "./run_log.ts";
import {
  imageValue,
  scalarValue,
  startRecord,
  summaryRecord,
  type SummaryValue,
  textValue,
  versionRecord,
} from "./event_record.ts";
import { metricKey, metricsOf } from "./metric.ts";

/** What {@linkcode withEvents} writes, and where. */
export interface EventLogOptions {
  /** Run folder; gets a file of its own at each start, `events.out.tfevents.<time>.videoms`. */
  folder: string;
  /** Optimiser steps that the log has behind it. */
  step: number;
  task: object;
  /** Called where a record cannot be written; nothing throws. @default told on the standard streams */
  onFailure?: (error: unknown) => void;
}

/** Opens a file with a name that sorts after those of earlier starts, as TensorBoard reads them in order. */
async function createEventFile(folder: string): Promise<Deno.FsFile> {
  for (let time = Date.now();; time++) {
    try {
      const path = join(folder, `events.out.tfevents.${time}.videoms`);
      return await Deno.open(path, { append: true, createNew: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
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
 * A log that also writes an event file for TensorBoard: the numbers of its lines, the pictures that
 * `picture` lines name by their `path`, and the task as text. Each line becomes one record as it is appended, so nothing is done between two lines.
 *
 * A run that goes on writes another file, whose start tells the reader to forget steps that will come
 * again; steps before the checkpoint stay.
 */
export async function withEvents(
  log: RunLog,
  { folder, step: done, task, onFailure = reportEvents }: EventLogOptions,
): Promise<RunLog> {
  const file = new AppendFile(await createEventFile(folder), onFailure, { sync: false });
  const write = (record: Uint8Array) => file.append(record);
  write(versionRecord());
  write(startRecord(done === 0 ? 0 : done + 1)); // before the first step there is only an evaluation
  const text = "```json\n" + JSON.stringify(task, null, 2) + "\n```";
  write(summaryRecord(done, [textValue("task", text)]));
  const close = () => {
    log.close();
    file.close();
  };
  return {
    append(entry) {
      log.append(entry);
      const values = summaryOf(entry);
      if (values.length > 0) write(summaryRecord(Number(entry.step), values));
    },
    close,
    [Symbol.dispose]: close,
  };
}
