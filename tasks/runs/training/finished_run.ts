import { join } from "node:path";
import type { StoredCheckpoint } from "../folder/checkpoint_store.ts";
import type { RunFolder } from "../folder/run_folder.ts";
import type { LoggedMetric } from "../log/logged_metric.ts";
import { metricsOf } from "../log/metric.ts";
import { LOG_FILE, type LogEntry, readLog } from "../log/run_log.ts";

/** A run that has nothing left to do. */
export interface FinishedRun {
  /** Its last checkpoint. */
  readonly checkpoint: Omit<StoredCheckpoint, "bytes">;
  /**
   * The last line of an event at the end of the run.
   *
   * @returns null if there is none
   */
  line(event: string): LogEntry | null;
  /**
   * The numbers of that line by name.
   *
   * @param of which of them @default those of the last weights, of the run as a whole
   */
  values(event: string, of?: Pick<LoggedMetric, "weights" | "head">): Record<string, number>;
}

/**
 * The end of a run whose last step is done and saved; null for any other.
 *
 * @param events what its log must say of the last step
 */
export async function finishedRun(
  folder: RunFolder,
  steps: number,
  events: readonly string[],
): Promise<FinishedRun | null> {
  if ((await folder.checkpoints.steps()).at(-1) !== steps) return null;
  const log = await readLog(join(folder.path, LOG_FILE));
  const line = (event: string) =>
    log.findLast((entry) => entry.event === event && entry.step === steps) ?? null;
  if (events.some((event) => line(event) === null)) return null;
  const { checkpoint } = await folder.checkpoints.latest();
  if (checkpoint?.step !== steps) return null; // damaged: the run goes on from the one before it
  const { bytes: _, ...rest } = checkpoint;
  return {
    checkpoint: rest,
    line,
    values(event, of = {}) {
      const { weights = "last", head = null } = of;
      const own = metricsOf(line(event) ?? {})
        .filter((one) => one.weights === weights && one.head === head);
      return Object.fromEntries(own.map(({ name, value }) => [name, value]));
    },
  };
}

/** Tells that a run was finished before, and how to go on all the same. */
export function tellFinished(
  { path }: RunFolder,
  steps: number,
  tell: (text: string) => void,
): void {
  tell(
    `The run in ${path} is finished: its ${steps} steps were done before, and nothing is computed or written. ` +
      "More --epochs or --steps with --extend train it for longer; --fresh starts anew.",
  );
}
