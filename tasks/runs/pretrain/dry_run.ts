import { countParameters, type Registry, tokenGrid } from "@videoms/core";
import type { Dataset } from "@videoms/data";
import { maskedAutoencoderSpecs, masksOf, pretrainClipCost, pretrainMemory } from "@videoms/models";
import { runDescription } from "../cost/run_description.ts";
import type { PretrainTask } from "../../definition/pretrain_task.ts";
import { autoencoderOf } from "../network/model_options.ts";
import { describeStart } from "../training/start_values.ts";
import { checkPretrainTask } from "./pretrain_plugins.ts";
import { stepLoad } from "../cost/run_cost.ts";

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
  const start = await describeStart(task, { specs, options: model });
  return runDescription(task, {
    data: (await registry.create<Dataset>(task.data.dataset).summarize()).text,
    tokens: `${tokens}: ${
      masks.map(({ visible, target }) =>
        `${visible} visible, ${target} targets, ${tokens - visible - target} dropped`
      ).join("; once more ")
    }`,
    more: start === null ? {} : { start },
    parameters,
    cost: pretrainClipCost(model, plugins),
    memory: pretrainMemory(stepLoad(task), model, { masks, objective, parameters }),
  });
}
