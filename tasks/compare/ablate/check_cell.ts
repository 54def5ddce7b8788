import { type Registry, tokenGrid } from "@videoms/core";
import type { FrameSelector, TokenSelection } from "@videoms/masking";
import type { FinetuneTask } from "../../definition/finetune_task.ts";
import type { PretrainTask } from "../../definition/pretrain_task.ts";
import type { CellTasks } from "../../definition/task_change.ts";
import { checkFinetuneTask } from "../../runs/classifier/finetune_plugins.ts";
import { encoderSizes, geometryOf } from "../../runs/network/model_options.ts";
import { checkPretrainTask } from "../../runs/pretrain/pretrain_plugins.ts";
import { checkProbeTask } from "../../runs/probe/probe_plugins.ts";

/** What an encoder and the classifier that loads it must have in common. */
function encoderShape(model: PretrainTask["model"] | FinetuneTask["model"]) {
  const { width, depth, heads, mlpRatio } = encoderSizes(model);
  const { patchSize, tubeletSize } = model;
  return { width, depth, heads, mlpRatio, patchSize, tubeletSize };
}

function checkSameEncoder(pretrain: PretrainTask, finetune: FinetuneTask): void {
  const wanted = encoderShape(finetune.model);
  for (const [field, value] of Object.entries(encoderShape(pretrain.model))) {
    const other = wanted[field as keyof typeof wanted];
    if (value === other) continue;
    throw new RangeError(
      `Cannot train: model.${field} of the fine-tuning must be that of the pre-training, ${value}, got ${other}`,
    );
  }
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
  if (!pretrain) return;
  if (finetune) checkSameEncoder(pretrain, finetune);
  if (probe) {
    // Its frames and tokens must fit the clips that its encoder is trained on.
    const geometry = geometryOf(pretrain);
    registry.create<FrameSelector>(probe.frames).candidateFrames(geometry);
    registry.create<TokenSelection>(probe.tokens).count(tokenGrid(geometry));
  }
}
