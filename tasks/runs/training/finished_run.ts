import { join } from "node:path";
import {
  type BestCheckpoint,
  type BestMeasure,
  bestOf,
  isValidated,
} from "../checkpoint/best_checkpoint.ts";
import type { RunFolder } from "../folder/run_folder.ts";
import { LOG_FILE, type LoggedMetric, metricsOf, readLog } from "@videoms/data";

/** A run that has nothing left to do. */
export interface FinishedRun {
  readonly best: BestCheckpoint | null;
  /**
   * The numbers by name of the last line of an event at the end of the run; none if there is no such line.
   *
   * @param of which of them @default those of the last weights, of the run as a whole
   */
  values(event: string, of?: Pick<LoggedMetric, "weights" | "head">): Record<string, number>;
}

/**
 * The end of a run whose last step is done and saved; null for any other.
 *
 * @param kind what its log must say of the last step, and what its best checkpoint is chosen by
 */
export async function finishedRun(
  folder: RunFolder,
  steps: number,
  { lastEvents, best }: { lastEvents: readonly string[]; best: BestMeasure | null },
): Promise<FinishedRun | null> {
  if (!folder.earlier || (await folder.checkpoints.steps()).at(-1) !== steps) return null;
  const log = await readLog(join(folder.path, LOG_FILE));
  const line = (event: string) =>
    log.findLast((entry) => entry.event === event && entry.step === steps) ?? null;
  if (lastEvents.some((event) => line(event) === null)) return null;
  const { checkpoint } = await folder.checkpoints.find();
  // A damaged one is left for the one before it; the last weights may have been saved by a stop.
  if (checkpoint?.step !== steps || !isValidated(checkpoint.info)) return null;
  return {
    best: bestOf(checkpoint.info, best),
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
