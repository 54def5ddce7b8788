import { type ClipGeometry, type Registry, tokenGrid, valuesPerToken } from "@videoms/core";
import { type Dataset, stepsPerEpoch } from "@videoms/data";
import type { FrameSelector, MaskingStrategy, TokenSelection } from "@videoms/masking";
import {
  maskedAutoencoderCost,
  type Objective,
  stackCost,
  type StackOptions,
  totalCost,
  videoClassifierCost,
} from "@videoms/models";
import type { FinetuneTask } from "../task/finetune_task.ts";
import type { PretrainTask } from "../task/pretrain_task.ts";
import type { ProbeTask } from "../task/probe_task.ts";
import type { RunTask } from "../task/run_task.ts";
import type { CellTasks } from "../task/task_change.ts";
import { autoencoderOf, classifierOf, encoderOf, geometryOf } from "../training/model_options.ts";

/** Forward and backward pass in forward passes, as is usual; a recomputed forward pass is not counted. */
const TRAINING_PASSES = 3;

/** Length and cost of one training. */
export interface StageCost {
  /** Optimiser steps. */
  readonly steps: number;
  /** Clips of a step, augmented copies included. */
  readonly clipsPerStep: number;
  /** Multiply-accumulates of one clip in training. */
  readonly perClip: number;
}

/** Multiply-accumulates of a whole training. */
export function wholeCost({ steps, clipsPerStep, perClip }: StageCost): number {
  return steps * clipsPerStep * perClip;
}

/** What a selector that looks at more frames than it keeps costs: an embedding of all candidates. */
function selectionCost(selector: FrameSelector, geometry: ClipGeometry, width: number): number {
  if (!selector.narrow) return 0;
  const frames = selector.candidateFrames(geometry);
  return tokenGrid({ ...geometry, frames }).tokens * valuesPerToken(geometry) * width;
}

function pretrainCost(task: PretrainTask, registry: Registry): number {
  const model = autoencoderOf(task, registry, registry.create<Objective>(task.objective));
  const { geometry, encoder } = model;
  const { visible, target } = registry.create<MaskingStrategy>(task.masking)
    .counts(tokenGrid(geometry));
  const selector = registry.create<FrameSelector>(task.frames);
  return TRAINING_PASSES * totalCost(maskedAutoencoderCost(model, visible, target)) +
    selectionCost(selector, geometry, encoder.width);
}

function finetuneCost(task: FinetuneTask, classes: number, registry: Registry): number {
  const model = classifierOf(task, classes, registry);
  const { geometry, encoder } = model;
  const kept = registry.create<TokenSelection>(task.tokens).count(tokenGrid(geometry));
  const selector = registry.create<FrameSelector>(task.frames);
  return TRAINING_PASSES * totalCost(videoClassifierCost(model, kept)) +
    selectionCost(selector, geometry, encoder.width);
}

/** The frozen encoder's forward pass; its heads cost next to nothing beside it. */
function probeCost(
  { frames, tokens }: ProbeTask,
  geometry: ClipGeometry,
  encoder: StackOptions,
  registry: Registry,
): number {
  const grid = tokenGrid(geometry);
  const kept = registry.create<TokenSelection>(tokens).count(grid);
  const selector = registry.create<FrameSelector>(frames);
  return grid.tokens * valuesPerToken(geometry) * encoder.width + stackCost(encoder, kept) +
    selectionCost(selector, geometry, encoder.width);
}

function lengthOf(task: RunTask, videos: number, samples: number): Omit<StageCost, "perClip"> {
  const clipsPerStep = task.batch * task.accumulate;
  const steps = task.steps ?? task.epochs * stepsPerEpoch(videos, clipsPerStep, "shuffled");
  return { steps, clipsPerStep: clipsPerStep * samples };
}

/** Costs of the trainings of a cell. */
export type CellCosts = Readonly<Partial<Record<keyof CellTasks, StageCost>>>;

/**
 * Length and cost of every training of a cell; nothing is rendered or decoded. The cost of a probe
 * whose encoder is not of this cell counts as 0: its size is not known before it is read.
 *
 * @throws {Error} if a list of videos is missing, or has fewer videos than a step has clips
 */
export async function cellCosts(
  { pretrain, finetune, probe }: CellTasks,
  registry: Registry,
): Promise<CellCosts> {
  const facts = (task: RunTask) => registry.create<Dataset>(task.data.dataset).summarize();
  const costs: Partial<Record<keyof CellTasks, StageCost>> = {};
  if (pretrain) {
    const { train } = await facts(pretrain);
    costs.pretrain = { ...lengthOf(pretrain, train, 1), perClip: pretrainCost(pretrain, registry) };
  }
  if (finetune) {
    const { train, classes } = await facts(finetune);
    const length = lengthOf(finetune, train, finetune.data.samples);
    costs.finetune = { ...length, perClip: finetuneCost(finetune, classes, registry) };
  }
  if (probe) {
    const { train } = await facts(probe);
    const perClip = pretrain
      ? probeCost(probe, geometryOf(pretrain), encoderOf(pretrain.model, registry), registry)
      : 0;
    costs.probe = { ...lengthOf(probe, train, 1), perClip };
  }
  return costs;
}
