import type { Json } from "@videoms/core";
import { ratesAt, type RunSchedule, runSchedule } from "@videoms/studio/train";
import type { RunTask } from "../../definition/run_task.ts";
import type { RunFolder } from "../folder/run_folder.ts";

/**
 * What `task.json` keeps of a run that is made longer; nothing for one that is not.
 *
 * @throws {RangeError} if the run would become shorter than it was
 */
export async function checkExtension(
  folder: RunFolder,
  task: RunTask,
  schedule: RunSchedule,
  tell: (text: string) => void,
): Promise<Record<string, Json>> {
  const { earlier, path } = folder;
  const former = earlier?.task as RunTask | undefined;
  // Where neither differs, it is the number of videos that has changed, if anything has.
  if (!former || (former.steps === task.steps && former.epochs === task.epochs)) return {};
  const before = runSchedule(former, schedule.stepsPerEpoch, schedule.curve);
  const { steps } = schedule;
  if (steps === before.steps) return {};
  if (steps < before.steps) {
    throw new RangeError(
      `Cannot resume the run in "${path}" with --extend: it must become longer, got ${steps} steps in place of ` +
        `${before.steps}`,
    );
  }
  const step = (await folder.checkpoints.steps()).at(-1) ?? 0;
  const rate = (one: RunSchedule) => ratesAt(one, step).learningRate.toPrecision(3);
  tell(
    `Extending the run from ${before.steps} to ${steps} steps: from step ${step} on the learning rate is ` +
      `that of the longer schedule, ${rate(schedule)} in place of ${rate(before)}`,
  );
  const extended = (earlier!.extended ?? []) as readonly Json[];
  const entry = { at: new Date().toISOString(), step, from: before.steps, to: steps };
  return { extended: [...extended, entry] };
}
