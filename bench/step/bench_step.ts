import {
  AdamW,
  type Device,
  type GradientAverage,
  Parameters,
  type RandomStream,
  randomStream,
} from "@videoms/core";
import {
  dense,
  type FrameSelector,
  type MaskingStrategy,
  type TokenSelection,
} from "@videoms/masking";
import {
  MaskedAutoencoder,
  maskedAutoencoderCost,
  type ModelSizeName,
  pixels as pixelObjective,
  totalCost,
  VideoClassifier,
  videoClassifierCost,
} from "@videoms/models";
import { finetuneStep, pretrainStep } from "@videoms/studio/train";
import { autoencoderOf, classifierOf } from "../../tasks/runs/network/model_options.ts";
import finetuneTask from "../../tasks/ucf101/finetune.ts";
import pretrainTask from "../../tasks/ucf101/pretrain.ts";
import { formulaPixels, formulaWeights } from "./formula.ts";

/** What a step works on. */
export interface StepSetting {
  size: ModelSizeName;
  batch: number;
  frames: number;
  imageSize: number;
  /** Recompute activations in the backward pass. */
  recompute: boolean;
}

/** A training step that can be run again and again. */
export interface BenchStep {
  /** Multiply-accumulates of the forward pass of a step. */
  readonly cost: number;
  /** Runs a step, and gives its loss, which waits for the device if it is asked for. */
  run(): Promise<() => Promise<number>>;
  /** Frees everything. */
  dispose(): void;
}

const CHANGE = { learningRate: 1e-4, weightDecay: 0.05, clipGradient: null, microBatches: 1 };

function streams(batch: number, step: number): RandomStream[] {
  return Array.from({ length: batch }, (_, b) => randomStream(0, "bench", step, b));
}

/** The value of a scalar, read when it is asked for, and freed then or at the next call. */
function lazily(loss: { data(): Promise<ArrayLike<number>>; dispose(): void }) {
  return async (): Promise<number> => {
    const [value] = Array.from(await loss.data());
    loss.dispose();
    return value;
  };
}

/**
 * A full pre-training step: choice of tokens, forward, backward, AdamW.
 *
 * @param averageOf adds up the gradients of several ranks @default none
 */
export function pretrainBench(
  device: Device,
  { size, batch, frames, imageSize, recompute }: StepSetting,
  strategy: MaskingStrategy,
  averageOf: (parameters: Parameters) => GradientAverage | null = () => null,
): BenchStep {
  const model = { ...pretrainTask.model, size, frames, imageSize, recompute };
  const network = new MaskedAutoencoder(autoencoderOf({ ...pretrainTask, model }));
  const parameters = new Parameters(network.specs, formulaWeights(network.specs));
  const optimizer = new AdamW(device, parameters);
  const selector: FrameSelector = dense.create(dense.defaults);
  const context = {
    model: network,
    parameters,
    strategy,
    selector,
    device,
    optimizer,
    gradientAverage: averageOf(parameters),
    objective: pixelObjective.create(pixelObjective.defaults),
    teacher: null,
  };
  const pixels = formulaPixels(batch, frames, imageSize);
  let step = 0;
  return {
    cost: batch *
      totalCost(maskedAutoencoderCost(network.options, [strategy.counts(network.grid)])),
    async run() {
      const random = streams(batch, step++);
      const { loss } = await pretrainStep(context, { pixels, batch }, { ...CHANGE, random });
      return lazily(loss);
    },
    dispose() {
      optimizer.dispose();
      parameters.dispose();
      network.dispose();
    },
  };
}

/** A full fine-tuning step of 101 classes, without mixing and erasing. */
export function finetuneBench(
  device: Device,
  { size, batch, frames, imageSize, recompute }: StepSetting,
  tokens: TokenSelection,
): BenchStep {
  const model = { ...finetuneTask.model, size, frames, imageSize, recompute, dropPath: 0 };
  const network = new VideoClassifier(classifierOf({ ...finetuneTask, model }, 101));
  const parameters = new Parameters(network.specs, formulaWeights(network.specs));
  const optimizer = new AdamW(device, parameters);
  const context = {
    model: network,
    parameters,
    tokens,
    selector: dense.create(dense.defaults) as FrameSelector,
    device,
    optimizer,
    smoothing: 0.1,
    mix: null,
  };
  const clips = {
    pixels: formulaPixels(batch, frames, imageSize),
    batch,
    labels: Int32Array.from({ length: batch }, (_, b) => b % 101),
    erase: Array<null>(batch).fill(null),
  };
  let step = 0;
  return {
    cost: batch * totalCost(videoClassifierCost(network.options, tokens.count(network.grid))),
    async run() {
      const mixing = randomStream(0, "mixing", step);
      const random = streams(batch, step++);
      const { loss, metrics } = await finetuneStep(context, clips, { ...CHANGE, random, mixing });
      for (const metric of Object.values(metrics ?? {})) metric.dispose();
      return lazily(loss);
    },
    dispose() {
      optimizer.dispose();
      parameters.dispose();
      network.dispose();
    },
  };
}
