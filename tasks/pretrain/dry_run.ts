import { countParameters, type Registry, tokenGrid } from "@videoms/core";
import type { Dataset } from "@videoms/data";
import { maskedAutoencoderCost, maskedAutoencoderSpecs, totalCost } from "@videoms/models";
import type { PretrainTask } from "../task/pretrain_task.ts";
import { estimateMemory } from "./memory_estimate.ts";
import { autoencoderOf } from "./model_options.ts";
import { checkTask, runFolderOf } from "./pretrain_session.ts";

/** Billions with one digit. */
function giga(value: number): string {
  return (value / 1e9).toFixed(value < 1e8 ? 3 : 1);
}

/**
 * What a task would run, for people: the resolved task, the network and its cost, the memory it takes,
 * and the data. Nothing is rendered, decoded or written.
 *
 * @throws {RangeError} for a task that cannot work
 */
export async function describeRun(task: PretrainTask, registry: Registry): Promise<string> {
  const { strategy } = checkTask(task, registry);
  const model = autoencoderOf(task);
  const grid = tokenGrid(model.geometry);
  const { visible, target } = strategy.counts(grid);
  const parts = maskedAutoencoderCost(model, visible, target);
  const memory = estimateMemory({
    model,
    batch: task.batch,
    visible,
    targets: target,
    average: task.optimizer.emaDecay !== null,
    clipsPerStep: task.batch * task.accumulate,
    prefetch: task.data.prefetch,
  });
  const data = await registry.create<Dataset>(task.data.dataset).summarize();
  const share = (name: keyof typeof memory) => `${giga(memory[name])} GB`;
  const dropped = grid.tokens - visible - target;
  return [
    JSON.stringify(task, null, 2),
    "",
    `run folder            ${runFolderOf(task)}`,
    `data                  ${data}`,
    `tokens of a clip      ${grid.tokens}: ${visible} visible, ${target} targets, ${dropped} dropped`,
    `parameters            ${countParameters(maskedAutoencoderSpecs(model)).toLocaleString("en")}`,
    `multiply-accumulates  ${giga(totalCost(parts))} G per clip, forward`,
    `memory                ${share("total")}: weights and optimiser ${share("state")}, ` +
    `activations ${share("activations")}, data ${share("data")}, program ${share("program")}`,
    "",
  ].join("\n");
}
