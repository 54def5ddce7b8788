import { countParameters, type Registry, tokenGrid } from "@videoms/core";
import type { Dataset } from "@videoms/data";
import { finetuneClipCost, finetuneMemory, videoClassifierSpecs } from "@videoms/models";
import { runDescription } from "../cost/run_description.ts";
import type { FinetuneTask } from "../../definition/finetune_task.ts";
import { classifierOf } from "../network/model_options.ts";
import { checkFinetuneTask } from "../classifier/finetune_plugins.ts";
import { describeStart } from "../training/start_values.ts";
import { stepLoad } from "../cost/run_cost.ts";

/**
 * What a task would run, for people: the resolved task, what it starts from, the network and its cost,
 * the memory it takes, and the data. Nothing is rendered, decoded or written.
 *
 * @throws {RangeError} for a task that cannot work
 */
export async function describeFinetune(task: FinetuneTask, registry: Registry): Promise<string> {
  const plugins = checkFinetuneTask(task, registry);
  const { tokens } = plugins;
  const data = await registry.create<Dataset>(task.data.dataset).summarize();
  const { classes } = data;
  const model = classifierOf(task, classes, registry);
  const grid = tokenGrid(model.geometry);
  const kept = tokens.count(grid);
  const specs = videoClassifierSpecs(model);
  const parameters = countParameters(specs);
  const start = await describeStart(task, { specs, options: model }) ?? "fresh weights";
  return runDescription(task, {
    data: `${data.text}, ${classes} classes`,
    tokens: `${grid.tokens}: ${kept} kept, ${grid.tokens - kept} dropped`,
    more: { start },
    parameters,
    cost: finetuneClipCost(model, plugins),
    memory: finetuneMemory(stepLoad(task), model, { tokens, parameters }),
  });
}
