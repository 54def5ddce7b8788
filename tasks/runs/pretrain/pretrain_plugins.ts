import { type Registry, tokenGrid } from "@videoms/core";
import type { FrameSelector, MaskingStrategy } from "@videoms/masking";
import type { Objective } from "@videoms/models";
import { checkTask } from "../../definition/check_task.ts";
import type { PretrainTask } from "../../definition/pretrain_task.ts";
import { autoencoderOf, geometryOf } from "../network/model_options.ts";

/** The plugins of a task, set up and checked against its model. */
export interface PretrainPlugins {
  strategy: MaskingStrategy;
  selector: FrameSelector;
  objective: Objective;
}

/**
 * Checks all of a task that can be checked without its videos.
 *
 * @throws {RangeError} for a value that cannot work, also in the plugins' options
 */
export function checkPretrainTask(task: PretrainTask, registry: Registry): PretrainPlugins {
  checkTask(task, registry);
  const strategy = registry.create<MaskingStrategy>(task.masking);
  const selector = registry.create<FrameSelector>(task.frames);
  const objective = registry.create<Objective>(task.objective);
  const grid = tokenGrid(geometryOf(task));
  for (const one of [strategy, ...strategy.more ?? []]) one.counts(grid);
  autoencoderOf(task, registry, objective);
  if (objective.needsFeatures && task.optimizer.emaDecay === null) {
    throw new RangeError(
      `Cannot train: objective "${objective.name}" predicts features of the weights' moving average, so ` +
        "optimizer.emaDecay must be set, got null",
    );
  }
  return { strategy, selector, objective };
}
