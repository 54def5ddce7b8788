import type { Registry } from "@videoms/core";
import { stepsPerEpoch } from "@videoms/data";
import type { FrameSelector, MaskingStrategy, TokenSelection } from "@videoms/masking";
import {
  type ClipCost,
  finetuneClipCost,
  type LabelledInput,
  type Objective,
  pretrainClipCost,
  probeClipCost,
  type ProbeHeadsOptions,
  type StepLoad,
  trainingCost,
  type VideoEncoderOptions,
} from "@videoms/models";
import type { FinetuneTask } from "../../definition/finetune_task.ts";
import type { PretrainTask } from "../../definition/pretrain_task.ts";
import type { ProbeTask } from "../../definition/probe_task.ts";
import type { RunTask } from "../../definition/run_task.ts";
import { autoencoderOf, classifierOf } from "../network/model_options.ts";

/** Length and cost of one training. */
export interface RunCost {
  readonly steps: number;
  /** Clips of an optimiser step, repeated samples of a clip included. */
  readonly clipsPerStep: number;
  readonly perClip: number;
}

/** Multiply-accumulates of a whole training. */
export function wholeCost({ steps, clipsPerStep, perClip }: RunCost): number {
  return steps * clipsPerStep * perClip;
}

/** Clips of an optimiser step, repeated samples of a clip included. */
export function clipsPerStep(
  { batch, accumulate, data = {} }: Pick<RunTask, "batch" | "accumulate"> & { data?: object },
): number {
  const { samples = 1 }: Partial<FinetuneTask["data"]> = data;
  return batch * accumulate * samples;
}

/** What the memory of a step depends on beside the network. */
export function stepLoad(task: RunTask): StepLoad {
  const clips = clipsPerStep(task);
  return {
    batch: clips / task.accumulate,
    average: task.optimizer.emaDecay !== null,
    clipsPerStep: clips,
    prefetch: task.data.prefetch,
  };
}

/** Length and cost of a training on some number of videos, by the cost of a clip. */
export function runCost(task: RunTask, videos: number, clip: ClipCost): RunCost {
  const { batch, accumulate, epochs } = task;
  const steps = task.steps ?? epochs * stepsPerEpoch(videos, batch * accumulate, "shuffled");
  return { steps, clipsPerStep: clipsPerStep(task), perClip: trainingCost(clip) };
}

/** What a clip of a pre-training task costs. */
export function pretrainTaskCost(task: PretrainTask, registry: Registry): ClipCost {
  const objective = registry.create<Objective>(task.objective);
  return pretrainClipCost(autoencoderOf(task, registry, objective), {
    strategy: registry.create<MaskingStrategy>(task.masking),
    selector: registry.create<FrameSelector>(task.frames),
    objective,
  });
}

function labelledInput(
  { tokens, frames }: Pick<FinetuneTask | ProbeTask, "tokens" | "frames">,
  registry: Registry,
): LabelledInput {
  return {
    tokens: registry.create<TokenSelection>(tokens),
    selector: registry.create<FrameSelector>(frames),
  };
}

/** What a clip of a fine-tuning task costs. */
export function finetuneTaskCost(
  task: FinetuneTask,
  classes: number,
  registry: Registry,
): ClipCost {
  return finetuneClipCost(classifierOf(task, classes, registry), labelledInput(task, registry));
}

/** What a clip of a probe costs with heads on an encoder. */
export function probeTaskCost(
  task: ProbeTask,
  encoder: Pick<VideoEncoderOptions, "geometry" | "encoder">,
  heads: ProbeHeadsOptions,
  registry: Registry,
): ClipCost {
  return probeClipCost(encoder, heads, labelledInput(task, registry));
}

const PER_CLIP = "multiplyAccumulatesPerClip";

/** What `task.json` says of a run's cost. */
export function costFacts(cost: ClipCost): Record<string, number> {
  return { [PER_CLIP]: trainingCost(cost) };
}

/** Multiply-accumulates of one clip in training, by a `task.json`; null where it does not say. */
export function perClipOf(record: Readonly<Record<string, unknown>>): number | null {
  const value = record[PER_CLIP];
  return typeof value === "number" ? value : null;
}
