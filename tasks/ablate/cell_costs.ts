import type { Registry } from "@videoms/core";
import type { Dataset } from "@videoms/data";
import {
  finetuneTaskCost,
  pretrainTaskCost,
  probeTaskCost,
  type RunCost,
  runCost,
} from "../runs/cost/run_cost.ts";
import { probeHeadsOf } from "../runs/probe/probe_heads_of.ts";
import type { RunTask } from "../definition/run_task.ts";
import type { CellTasks } from "../definition/task_change.ts";
import { encoderOf, geometryOf } from "../runs/network/model_options.ts";

/** Costs of the trainings of a cell. */
export type CellCosts = Readonly<Partial<Record<keyof CellTasks, RunCost>>>;

/** What a clip costs where nothing tells. */
const UNKNOWN = { forward: new Map<string, number>(), withoutGradient: new Map<string, number>() };

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
  const facts = (task: RunTask) => registry.create<Dataset>(task.data.dataset).summarize();
  const costs: Partial<Record<keyof CellTasks, RunCost>> = {};
  if (pretrain) {
    const { train } = await facts(pretrain);
    costs.pretrain = runCost(pretrain, train, pretrainTaskCost(pretrain, registry));
  }
  if (finetune) {
    const { train, classes } = await facts(finetune);
    costs.finetune = runCost(finetune, train, finetuneTaskCost(finetune, classes, registry));
  }
  if (probe) {
    const { train, classes } = await facts(probe);
    costs.probe = runCost(probe, train, UNKNOWN);
    if (pretrain) {
      const encoder = encoderOf(pretrain.model, registry);
      const heads = probeHeadsOf(probe, encoder, classes).options;
      const options = { geometry: geometryOf(pretrain), encoder };
      costs.probe = runCost(probe, train, probeTaskCost(probe, options, heads, registry));
    }
  }
  return costs;
}
