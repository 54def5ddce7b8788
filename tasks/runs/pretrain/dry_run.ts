import { countParameters, type Registry, tokenGrid } from "@videoms/core";
import type { Dataset } from "@videoms/data";
import { maskedAutoencoderSpecs } from "@videoms/models";
import { masksOf, pretrainClipCost } from "../cost/clip_cost.ts";
import { runDescription } from "../cost/run_description.ts";
import { pretrainMemory } from "../cost/task_memory.ts";
import type { PretrainTask } from "../../definition/pretrain_task.ts";
import { autoencoderOf } from "../network/model_options.ts";
import type { StartingNetwork } from "../weights/start_weights.ts";
import { checkPretrainTask } from "./pretrain_session.ts";
import { openPretrainStart } from "./start_weights.ts";

/** What the weights to start from give, if there are some. */
async function startOf(
  task: PretrainTask,
  model: StartingNetwork,
): Promise<Record<string, string>> {
  const { from } = task.start;
  if (from === null) return {};
  using start = await openPretrainStart(task, from, model);
  await start.read(); // says now what would stop the run later
  return { start: [start.path, ...start.explain.split("\n")].join(`\n${" ".repeat(22)}`) };
}

/**
 * What a task would run, for people: the resolved task, the network and its cost, the memory it takes,
 * and the data. Nothing is rendered, decoded or written.
 *
 * @throws {RangeError} for a task that cannot work
 */
export async function describeRun(task: PretrainTask, registry: Registry): Promise<string> {
  const plugins = checkPretrainTask(task, registry);
  const { strategy, objective } = plugins;
  const model = autoencoderOf(task, registry, objective);
  const { tokens } = tokenGrid(model.geometry);
  const masks = masksOf(strategy, model.geometry);
  const specs = maskedAutoencoderSpecs(model);
  const parameters = countParameters(specs);
  return runDescription(task, {
    data: (await registry.create<Dataset>(task.data.dataset).summarize()).text,
    tokens: `${tokens}: ${
      masks.map(({ visible, target }) =>
        `${visible} visible, ${target} targets, ${tokens - visible - target} dropped`
      ).join("; once more ")
    }`,
    more: await startOf(task, { specs, options: model }),
    parameters,
    cost: pretrainClipCost(model, plugins),
    memory: pretrainMemory(task, model, { masks, objective, parameters }),
  });
}
