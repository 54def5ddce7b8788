import type { Registry } from "@videoms/core";
import type { Dataset } from "@videoms/data";
import type { ClipCost } from "@videoms/models";
import type { RunTask } from "../../definition/run_task.ts";
import type { CellTasks } from "../../definition/task_change.ts";
import {
  finetuneTaskCost,
  pretrainTaskCost,
  probeTaskCost,
  type RunCost,
  runCost,
} from "../../runs/cost/run_cost.ts";
import { encoderOf, geometryOf } from "../../runs/network/model_options.ts";
import { probeHeadsOf } from "../../runs/probe/probe_plugins.ts";

export type CellCosts = Readonly<Partial<Record<keyof CellTasks, RunCost>>>;

/** What a clip costs where nothing tells. */
const UNKNOWN: ClipCost = { forward: new Map(), withoutGradient: new Map() };

/**
 * Length and cost of every training of a cell; nothing is rendered or decoded. The cost of a probe
 * whose encoder is not of this cell counts as 0: its size is not known before it is read.
 *
 * @throws {Error} if a list of videos is missing, or has fewer videos than a step has clips
 */
export async function cellCosts(
  { pretrain, finetune, probe }: CellTasks,
  registry: Registry,
): Promise<CellCosts> {
  const costOf = async (task: RunTask, clip: (classes: number) => ClipCost) => {
    const { train, classes } = await registry.create<Dataset>(task.data.dataset).summarize();
    return runCost(task, train, clip(classes));
  };
  const probeCost = (classes: number) => {
    if (!pretrain) return UNKNOWN;
    const options = {
      geometry: geometryOf(pretrain),
      encoder: encoderOf(pretrain.model, registry),
    };
    const heads = probeHeadsOf(probe!, options.encoder, classes).options;
    return probeTaskCost(probe!, options, heads, registry);
  };
  return {
    ...pretrain && { pretrain: await costOf(pretrain, () => pretrainTaskCost(pretrain, registry)) },
    ...finetune &&
      {
        finetune: await costOf(
          finetune,
          (classes) => finetuneTaskCost(finetune, classes, registry),
        ),
      },
    ...probe && { probe: await costOf(probe, probeCost) },
  };
}
