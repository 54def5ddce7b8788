import { countParameters, type Registry, tokenGrid, valuesPerToken } from "@videoms/core";
import type { Dataset } from "@videoms/data";
import { maskedAutoencoderCost, maskedAutoencoderSpecs } from "@videoms/models";
import type { PretrainTask } from "../task/pretrain_task.ts";
import { estimateMemory } from "../training/memory_estimate.ts";
import { autoencoderOf } from "../training/model_options.ts";
import { runDescription } from "../training/run_description.ts";
import { checkTask } from "./pretrain_session.ts";

/**
 * What a task would run, for people: the resolved task, the network and its cost, the memory it takes,
 * and the data. Nothing is rendered, decoded or written.
 *
 * @throws {RangeError} for a task that cannot work
 */
export async function describeRun(task: PretrainTask, registry: Registry): Promise<string> {
  const { strategy, objective } = checkTask(task, registry);
  const model = autoencoderOf(task, objective);
  const { geometry, encoder, decoder } = model;
  const grid = tokenGrid(geometry);
  const { visible, target } = strategy.counts(grid);
  const parameters = countParameters(maskedAutoencoderSpecs(model));
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
    parameters,
    cost: maskedAutoencoderCost(model, visible, target),
    memory,
  });
}
