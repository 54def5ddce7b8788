import { countParameters, type Registry, tokenGrid, valuesPerToken } from "@videoms/core";
import type { Dataset } from "@videoms/data";
import { maskedAutoencoderCost, maskedAutoencoderSpecs } from "@videoms/models";
import type { PretrainTask } from "../task/pretrain_task.ts";
import { estimateMemory } from "../training/memory_estimate.ts";
import { autoencoderOf } from "../training/model_options.ts";
import { runDescription } from "../training/run_description.ts";
import type { StartingNetwork } from "../weights/start_weights.ts";
import { checkTask } from "./pretrain_session.ts";
import { openPretrainStart } from "./start_weights.ts";

/** What the weights to start from give, if there are some. */
async function startOf(
  task: PretrainTask,
  model: StartingNetwork,
): Promise<Record<string, string>> {
  const { from } = task.start;
  if (from === null) return {};
  using start = await openPretrainStart(task, from, model);
  return { start: [start.path, ...start.explain.split("\n")].join(`\n${" ".repeat(22)}`) };
}

/**
 * What a task would run, for people: the resolved task, the network and its cost, the memory it takes,
 * and the data. Nothing is rendered, decoded or written.
 *
 * @throws {RangeError} for a task that cannot work
 */
export async function describeRun(task: PretrainTask, registry: Registry): Promise<string> {
  const { strategy, objective } = checkTask(task, registry);
  const model = autoencoderOf(task, registry, objective);
  const { geometry, encoder, decoder } = model;
  const grid = tokenGrid(geometry);
  const { visible, target } = strategy.counts(grid);
  const specs = maskedAutoencoderSpecs(model);
  const parameters = countParameters(specs);
  const memory = estimateMemory({
    geometry,
    parameters,
    embeddingWidth: encoder.width,
    stacks: [
      { stack: encoder, tokens: visible },
      { stack: decoder, tokens: visible + target },
    ],
    extraValues: target * valuesPerToken(geometry) * 4, // prediction, target, difference, a gradient
    batch: task.batch,
    average: task.optimizer.emaDecay !== null,
    clipsPerStep: task.batch * task.accumulate,
    prefetch: task.data.prefetch,
  });
  const dropped = grid.tokens - visible - target;
  return runDescription(task, {
    data: (await registry.create<Dataset>(task.data.dataset).summarize()).text,
    tokens: `${grid.tokens}: ${visible} visible, ${target} targets, ${dropped} dropped`,
    more: await startOf(task, { specs, options: model }),
    parameters,
    cost: maskedAutoencoderCost(model, visible, target),
    memory,
  });
}
