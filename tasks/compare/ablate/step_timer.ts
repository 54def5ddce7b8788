import { join } from "node:path";
import type { Registry } from "@videoms/core";
import type { PretrainTask } from "../../definition/pretrain_task.ts";
import { secondsPerStep } from "../../runs/cost/logged_cost.ts";
import { clipsPerStep } from "../../runs/cost/run_cost.ts";
import { LOG_FILE, readLog } from "@videoms/data";
import { pretrain } from "../../runs/pretrain/pretrain.ts";
import { cellId } from "./cell_id.ts";
import { inTurn } from "./cell_store.ts";
import type { SecondsPerStep } from "./plan_cells.ts";
import type { RunHooks } from "./run_cell.ts";

const MEASURED_STEPS = 16;

/** The short run that a pre-training's speed is measured by. */
function timingTask(task: PretrainTask): PretrainTask {
  return {
    ...task,
    seed: 0, // speed does not depend on it, so that one measurement serves all seeds
    steps: MEASURED_STEPS,
    optimizer: { ...task.optimizer, warmupEpochs: 0, warmupSteps: 0 },
    logEvery: 2,
    pictureEvery: 0,
  };
}

/** What pre-trainings of the same speed have in common. */
function timingId(task: PretrainTask, registry: Registry): string {
  return cellId({ pretrain: timingTask(task) }, registry);
}

/**
 * Measures the speed of pre-trainings by short runs, each once; what was measured before is kept, so that
 * processes that share the folder use the same speeds.
 */
export function stepTimer(folder: string, registry: Registry, run: RunHooks) {
  return (pretrainings: readonly PretrainTask[]): Promise<SecondsPerStep> =>
    inTurn(folder, async () => {
      const seconds = new Map<string, number>();
      for (const task of pretrainings) {
        const id = timingId(task, registry);
        if (seconds.has(id)) continue;
        const out = join(folder, "timing", id);
        // Speed does not depend on which videos these are.
        const options = { ...run, changedData: true };
        const { stopped } = await pretrain({ ...timingTask(task), out }, registry, options);
        if (stopped) throw run.signal.reason;
        seconds.set(id, secondsPerStep(await readLog(join(out, LOG_FILE)), clipsPerStep(task)));
      }
      return (task) => seconds.get(timingId(task, registry))!;
    });
}
