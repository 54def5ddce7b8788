import { type Registry, tokenGrid } from "@videoms/core";
import type { FrameSelector, TokenSelection } from "@videoms/masking";
import { checkFinetuneTask } from "../runs/classifier/finetune_plugins.ts";
import { checkPretrainTask } from "../runs/pretrain/pretrain_plugins.ts";
import { checkProbeTask } from "../runs/probe/probe_plugins.ts";
import type { FinetuneTask } from "../definition/finetune_task.ts";
import type { PretrainTask } from "../definition/pretrain_task.ts";
import type { ProbeTask } from "../definition/probe_task.ts";
import type { CellTasks } from "../definition/task_change.ts";
import { encoderSizes, geometryOf } from "../runs/network/model_options.ts";

/** Checks that the encoder of a pre-training fits into a classifier. */
function checkHandOver({ model: from }: PretrainTask, { model: to }: FinetuneTask): void {
  const shape = (model: typeof from | typeof to) => {
    const { width, depth, heads, mlpRatio } = encoderSizes(model);
    return {
      width,
      depth,
      heads,
      mlpRatio,
      patchSize: model.patchSize,
      tubeletSize: model.tubeletSize,
    };
  };
  const wanted = shape(to);
  for (const [field, value] of Object.entries(shape(from))) {
    const other = wanted[field as keyof typeof wanted];
    if (value === other) continue;
    throw new RangeError(
      `Cannot fine-tune: model.${field} must be that of the pre-training, got ${other} after ${value}`,
    );
  }
}

/** Checks that a probe's frames and tokens fit the clips that its encoder was trained on. */
function checkProbedClips(
  pretrain: PretrainTask,
  { frames, tokens }: ProbeTask,
  registry: Registry,
): void {
  const geometry = geometryOf(pretrain);
  registry.create<FrameSelector>(frames).candidateFrames(geometry);
  registry.create<TokenSelection>(tokens).count(tokenGrid(geometry));
}

/**
 * Checks all tasks of a cell, and that they fit each other, as far as no video is needed for it.
 *
 * @throws {RangeError} for tasks that cannot work
 * @throws {TypeError} for an unknown field or option
 */
export function checkCell({ pretrain, finetune, probe }: CellTasks, registry: Registry): void {
  if (pretrain) checkPretrainTask(pretrain, registry);
  if (finetune) checkFinetuneTask(finetune, registry);
  if (probe) checkProbeTask(probe, registry);
  if (pretrain && finetune) checkHandOver(pretrain, finetune);
  if (pretrain && probe) checkProbedClips(pretrain, probe, registry);
}
