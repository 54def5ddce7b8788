import { countParameters, type Registry, tokenGrid } from "@videoms/core";
import type { Dataset } from "@videoms/data";
import { videoClassifierCost, videoClassifierSpecs } from "@videoms/models";
import type { FinetuneTask } from "../task/finetune_task.ts";
import { estimateMemory } from "../training/memory_estimate.ts";
import { classifierOf } from "../training/model_options.ts";
import { runDescription } from "../training/run_description.ts";
import { checkFinetuneTask } from "./finetune_plugins.ts";
import { openFinetuneStart } from "./start_weights.ts";

/** What the checkpoint to start from gives, in lines. */
async function startOf(
  task: FinetuneTask,
  options: ReturnType<typeof classifierOf>,
): Promise<string> {
  const { from } = task.start;
  if (from === null) return "fresh weights";
  const specs = videoClassifierSpecs(options);
  using start = await openFinetuneStart(task, from, { specs, options });
  return [start.path, ...start.explain.split("\n")].join(`\n${" ".repeat(22)}`);
}

/**
 * What a task would run, for people: the resolved task, what it starts from, the network and its cost,
 * the memory it takes, and the data. Nothing is rendered, decoded or written.
 *
 * @throws {RangeError} for a task that cannot work
 */
export async function describeFinetune(task: FinetuneTask, registry: Registry): Promise<string> {
  const { tokens } = checkFinetuneTask(task, registry);
  const data = await registry.create<Dataset>(task.data.dataset).summarize();
  const { classes } = data;
  const model = classifierOf(task, classes, registry);
  const { geometry, encoder } = model;
  const grid = tokenGrid(geometry);
  const kept = tokens.count(grid);
  const parameters = countParameters(videoClassifierSpecs(model));
  const clips = task.batch * task.data.samples;
  return runDescription(task, {
    data: `${data.text}, ${classes} classes`,
    tokens: `${grid.tokens}: ${kept} looked at, ${grid.tokens - kept} dropped`,
    more: { start: await startOf(task, model) },
    parameters,
    cost: videoClassifierCost(model, kept),
    memory: estimateMemory({
      geometry,
      parameters,
      embeddingWidth: encoder.width,
      stacks: [{ stack: encoder, tokens: kept }],
      extraValues: 0,
      batch: clips,
      average: task.optimizer.emaDecay !== null,
      clipsPerStep: clips * task.accumulate,
      prefetch: task.data.prefetch,
    }),
  });
}
