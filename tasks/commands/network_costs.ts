import { type ClipGeometry, countParameters, type Registry, tokenGrid } from "@videoms/core";
import type { Dataset } from "@videoms/data";
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
  type VideoClassifierOptions,
  videoClassifierSpecs,
  videoEncoderSpecs,
} from "@videoms/models";
import type { FinetuneTask } from "../definition/finetune_task.ts";
import type { ProbeTask } from "../definition/probe_task.ts";
import type { TaskKind, TaskTypes } from "../definition/task_kinds.ts";
import type { Output } from "@videoms/data/console";
import { checkFinetuneTask } from "../runs/classifier/finetune_plugins.ts";
import { pretrainTaskCost, probeTaskCost } from "../runs/cost/run_cost.ts";
import { encoderOptionsOf, openEncoderSource } from "../runs/encoder/encoder_source.ts";
import { autoencoderOf, classifierOf } from "../runs/network/model_options.ts";
import { checkPretrainTask } from "../runs/pretrain/pretrain_plugins.ts";
import { checkProbeTask, probeHeadsOf } from "../runs/probe/probe_plugins.ts";

/** One way of running a network, with its cost per clip. */
export interface CostRow {
  readonly name: string;
  /** Tokens that go through the encoder, of all masks. */
  readonly tokens: number;
  readonly cost: ClipCost;
}

/** The networks of a task: their sizes, and ways of running them. */
export interface NetworkCosts {
  readonly geometry: ClipGeometry;
  /** Values of all tensors, by network. */
  readonly parameters: ReadonlyMap<string, number>;
  readonly rows: readonly CostRow[];
}

/** Classes of a head where the lists that tell are not there: those of UCF101. */
const ASSUMED_CLASSES = 101;

/**
 * The number of classes of a data set; nothing is rendered or decoded. Lists need not be there: the head is
 * next to nothing of a network.
 */
async function classesOf(
  { data: { dataset } }: FinetuneTask | ProbeTask,
  registry: Registry,
  output: Output,
): Promise<number> {
  try {
    return (await registry.create<Dataset>(dataset).summarize()).classes;
  } catch (error) {
    output.printError(`${ASSUMED_CLASSES} classes assumed. ${(error as Error).message}\n`);
    return ASSUMED_CLASSES;
  }
}

/** A fine-tuning with some of the tokens and with all. */
function finetuneCosts(
  model: VideoClassifierOptions,
  { tokens, frames }: Pick<FinetuneTask, "tokens" | "frames">,
  registry: Registry,
): NetworkCosts {
  const { geometry, classes } = model;
  const selector = registry.create<FrameSelector>(frames);
  const [own, all] = [tokens, allTokens()].map((chosen): CostRow => {
    const selection = registry.create<TokenSelection>(chosen);
    return {
      name: `fine-tuning, ${chosen.name === "all" ? "all tokens" : chosen.name}`,
      tokens: selection.count(tokenGrid(geometry)),
      cost: finetuneClipCost(model, { tokens: selection, selector }),
    };
  });
  return {
    geometry,
    parameters: new Map([
      [`fine-tuning, ${classes} classes`, countParameters(videoClassifierSpecs(model))],
    ]),
    rows: own.tokens === all.tokens ? [all] : [own, all],
  };
}

/** What the networks of each kind of task cost. */
export const NETWORK_COSTS: {
  readonly [Kind in TaskKind]: (
    task: TaskTypes[Kind],
    registry: Registry,
    output: Output,
  ) => NetworkCosts | Promise<NetworkCosts>;
} = {
  /** With tube masks to compare, and of fine-tuning what comes out of it as the paper does. */
  pretrain(task, registry) {
    checkPretrainTask(task, registry);
    const model = autoencoderOf(task, registry, registry.create<Objective>(task.objective));
    const { geometry } = model;
    const row = (name: string, masking: typeof task.masking): CostRow => ({
      name: `pre-training, ${name}`,
      tokens: masksOf(registry.create<MaskingStrategy>(masking), geometry)
        .reduce((sum, { visible }) => sum + visible, 0),
      cost: pretrainTaskCost({ ...task, masking }, registry),
    });
    const tubes = [0.9, 0.75].map((maskRatio) => row(`tube ${maskRatio}`, tube({ maskRatio })));
    const asInPaper = { tokens: motionCentricTokens(), frames: dense() };
    const tuned = finetuneCosts(classifierOf(task, ASSUMED_CLASSES, registry), asInPaper, registry);
    return {
      geometry,
      parameters: new Map([
        ["pre-training", countParameters(maskedAutoencoderSpecs(model))],
        ...tuned.parameters,
      ]),
      rows: [row(task.masking.name, task.masking), ...tubes, ...tuned.rows],
    };
  },
  async finetune(task, registry, output) {
    checkFinetuneTask(task, registry);
    const classes = await classesOf(task, registry, output);
    return finetuneCosts(classifierOf(task, classes, registry), task, registry);
  },
  async probe(task, registry, output) {
    checkProbeTask(task, registry);
    using source = await openEncoderSource(task.encoder.from);
    const encoder = encoderOptionsOf(source.task, registry);
    const { geometry } = encoder;
    const classes = await classesOf(task, registry, output);
    const heads = probeHeadsOf(task, encoder.encoder, classes);
    return {
      geometry,
      parameters: new Map([
        ["frozen encoder", countParameters(videoEncoderSpecs(encoder))],
        [`${heads.options.heads.length} heads`, countParameters(heads.specs)],
      ]),
      rows: [{
        name: `probes, ${task.tokens.name}`,
        tokens: registry.create<TokenSelection>(task.tokens).count(tokenGrid(geometry)),
        cost: probeTaskCost(task, encoder, heads.options, registry),
      }],
    };
  },
};
