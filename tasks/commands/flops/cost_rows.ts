import { countParameters, type Registry, tokenGrid } from "@videoms/core";
import {
  allTokens,
  dense,
  type FrameSelector,
  type MaskingStrategy,
  motionCentricTokens,
  type TokenSelection,
  tube,
} from "@videoms/masking";
import {
  type ClipCost,
  finetuneClipCost,
  maskedAutoencoderSpecs,
  masksOf,
  type Objective,
  pretrainClipCost,
  probeClipCost,
  type ProbeHeads,
  type VideoClassifierOptions,
  videoClassifierSpecs,
  type VideoEncoderOptions,
  videoEncoderSpecs,
} from "@videoms/models";
import type { FinetuneTask } from "../../definition/finetune_task.ts";
import type { PretrainTask } from "../../definition/pretrain_task.ts";
import type { ProbeTask } from "../../definition/probe_task.ts";
import { autoencoderOf, classifierOf } from "../../runs/network/model_options.ts";

/** One way of running a network, with its cost per clip. */
export interface CostRow {
  readonly name: string;
  /** Tokens that go through the encoder, of all masks. */
  readonly tokens: number;
  readonly cost: ClipCost;
}

/** The networks of a task: their sizes, and ways of running them. */
export interface NetworkCosts {
  /** Values of all tensors, by network. */
  readonly parameters: ReadonlyMap<string, number>;
  readonly rows: readonly CostRow[];
}

/** Classes of UCF101, for heads of tasks that name none. */
const DEFAULT_CLASSES = 101;

/** A pre-training with its own strategy, and with tube masks to compare. */
function pretrainRows(task: PretrainTask, registry: Registry): CostRow[] {
  const objective = registry.create<Objective>(task.objective);
  const selector = registry.create<FrameSelector>(task.frames);
  const model = autoencoderOf(task, registry, objective);
  const row = (name: string, strategy: MaskingStrategy): CostRow => ({
    name: `pre-training, ${name}`,
    tokens: masksOf(strategy, model.geometry).reduce((sum, { visible }) => sum + visible, 0),
    cost: pretrainClipCost(model, { strategy, selector, objective }),
  });
  const tubeRow = (maskRatio: number) =>
    row(`tube ${maskRatio}`, tube.create({ ...tube.defaults, maskRatio }));
  const strategy = registry.create<MaskingStrategy>(task.masking);
  return [row(strategy.name, strategy), tubeRow(0.9), tubeRow(0.75)];
}

/** A fine-tuning with some of the tokens and with all. */
function finetuneRows(
  model: VideoClassifierOptions,
  name: string,
  tokens: TokenSelection,
  selector: FrameSelector,
): CostRow[] {
  const row = (name: string, tokens: TokenSelection): CostRow => ({
    name: `fine-tuning, ${name}`,
    tokens: tokens.count(tokenGrid(model.geometry)),
    cost: finetuneClipCost(model, { tokens, selector }),
  });
  const [own, all] = [row(name, tokens), row("all tokens", allTokens.create(allTokens.defaults))];
  return own.tokens === all.tokens ? [all] : [own, all];
}

function classifierParameters(model: VideoClassifierOptions): [string, number] {
  return [
    `fine-tuning, ${model.classes} classes`,
    countParameters(videoClassifierSpecs(model)),
  ];
}

/** Costs of pre-training, and of fine-tuning what comes out of it as the paper does. */
export function pretrainCosts(task: PretrainTask, registry: Registry): NetworkCosts {
  const objective = registry.create<Objective>(task.objective);
  const model = autoencoderOf(task, registry, objective);
  const classifier = classifierOf(task, DEFAULT_CLASSES, registry);
  const tokens = motionCentricTokens.create(motionCentricTokens.defaults);
  return {
    parameters: new Map([
      ["pre-training", countParameters(maskedAutoencoderSpecs(model))],
      classifierParameters(classifier),
    ]),
    rows: [
      ...pretrainRows(task, registry),
      ...finetuneRows(classifier, "motion-centric", tokens, dense.create(dense.defaults)),
    ],
  };
}

export function finetuneCosts(
  task: FinetuneTask,
  classes: number,
  registry: Registry,
): NetworkCosts {
  const model = classifierOf(task, classes, registry);
  const tokens = registry.create<TokenSelection>(task.tokens);
  const selector = registry.create<FrameSelector>(task.frames);
  return {
    parameters: new Map([classifierParameters(model)]),
    rows: finetuneRows(model, task.tokens.name, tokens, selector),
  };
}

export function probeCosts(
  task: ProbeTask,
  encoder: VideoEncoderOptions,
  heads: ProbeHeads,
  registry: Registry,
): NetworkCosts {
  const tokens = registry.create<TokenSelection>(task.tokens);
  const selector = registry.create<FrameSelector>(task.frames);
  return {
    parameters: new Map([
      ["frozen encoder", countParameters(videoEncoderSpecs(encoder))],
      [`${heads.options.heads.length} heads`, countParameters(heads.specs)],
    ]),
    rows: [{
      name: `probes, ${task.tokens.name}`,
      tokens: tokens.count(tokenGrid(encoder.geometry)),
      cost: probeClipCost(encoder, heads.options, { tokens, selector }),
    }],
  };
}
