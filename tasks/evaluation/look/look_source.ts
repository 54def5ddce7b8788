import * as tf from "@tensorflow/tfjs-core";
import { Parameters, type Registry, type TokenGrid, tokenGrid } from "@videoms/core";
import { motionCentricTokens, type TokenSelection } from "@videoms/masking";
import { MaskedAutoencoder, type Objective, pytorchName, readPlannedValues } from "@videoms/models";
import {
  type EncoderSource,
  type EncoderTask,
  openEncoderSource,
} from "../../runs/encoder/encoder_source.ts";
import { openEncoder } from "../../runs/encoder/frozen_encoder.ts";
import type { PretrainTask } from "../../definition/pretrain_task.ts";
import { autoencoderOf, geometryOf } from "../../runs/network/model_options.ts";
import type { EmbeddingModel } from "../../runs/network/narrow_frames.ts";

/** What tokens are embedded by, and what else a checkpoint can show. */
export interface LookSource extends Disposable {
  /** Says what clips look like. */
  readonly task: EncoderTask;
  readonly model: EmbeddingModel & { readonly grid: TokenGrid };
  readonly parameters: Parameters;
  /** What importance is measured on, for captions. */
  readonly caption: string;
  /** The autoencoder of a pre-training, which reconstructs; null without one. */
  readonly autoencoder: MaskedAutoencoder | null;
  /** What it predicts; null without one. */
  readonly objective: Objective | null;
  /** The tokens that fine-tuning keeps; null without a checkpoint. */
  readonly tokens: TokenSelection | null;
}

/**
 * A source without a checkpoint: a token's embedding is its patch, the normalised pixels themselves.
 *
 * Fresh weights would be a random projection of the patch, which says the same with noise. Motion that keeps
 * an embedding but changes pixels, such as light that flickers, counts here.
 */
export function patchSource(task: PretrainTask): LookSource {
  const geometry = geometryOf(task);
  const parameters = new Parameters([], new Map());
  return {
    task,
    model: {
      grid: tokenGrid(geometry),
      options: { geometry },
      embed: (_, patches) => tf.clone(patches),
    },
    parameters,
    caption: "importance of raw patches (no checkpoint)",
    autoencoder: null,
    objective: null,
    tokens: null,
    [Symbol.dispose]: () => parameters.dispose(),
  };
}

/** The weights of an autoencoder out of its checkpoint. */
async function autoencoderParameters(
  model: MaskedAutoencoder,
  { tensors, path }: EncoderSource,
): Promise<Parameters> {
  const { geometry } = model.options;
  const { specs } = model;
  const sources = new Map(specs.map((spec) => [spec.name, pytorchName(spec.name, "pretrain")]));
  const missing = [...sources.values()].find((name) => !tensors.has(name));
  if (missing !== undefined) {
    throw new RangeError(`Cannot look: ${path} must hold tensor "${missing}", got none`);
  }
  return new Parameters(specs, await readPlannedValues({ sources }, tensors, { specs, geometry }));
}

/**
 * A run's newest checkpoint, or a checkpoint file, on the device that is open.
 *
 * @param from run folder of a pre-training or a fine-tuning, or one of its checkpoint files
 */
export async function checkpointSource(from: string, registry: Registry): Promise<LookSource> {
  using source = await openEncoderSource(from);
  const { task, step } = source;
  const caption = `importance of embeddings, ${from}, step ${step}`;
  if (task.kind === "finetune") {
    const encoder = await openEncoder(from, registry);
    return { ...encoder, caption, autoencoder: null, objective: null };
  }
  const objective = registry.create<Objective>(task.objective);
  const model = new MaskedAutoencoder(autoencoderOf(task, registry, objective));
  const parameters = await autoencoderParameters(model, source);
  return {
    task,
    model,
    parameters,
    caption,
    autoencoder: model,
    objective,
    tokens: registry.create<TokenSelection>(motionCentricTokens()),
    [Symbol.dispose]() {
      parameters.dispose();
      model.dispose();
    },
  };
}
