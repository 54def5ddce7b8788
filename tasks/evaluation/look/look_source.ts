import { type Device, Parameters, type Registry } from "@videoms/core";
import { motionCentricTokens, type TokenSelection } from "@videoms/masking";
import { MaskedAutoencoder, type Objective, storedParameters } from "@videoms/models";
import { patchModel, type TokenSource } from "@videoms/studio/look";
import { type EncoderTask, openEncoderSource } from "../../runs/encoder/encoder_source.ts";
import { openEncoder } from "../../runs/encoder/frozen_encoder.ts";
import type { PretrainTask } from "../../definition/pretrain_task.ts";
import { autoencoderOf, geometryOf } from "../../runs/network/model_options.ts";
import { type DeviceChoice, openTaskDevice } from "../../runs/network/task_device.ts";

/** What tokens are embedded by, and what else a checkpoint can show. */
export interface LookSource extends TokenSource, AsyncDisposable {
  /** Says what clips look like. */
  readonly task: EncoderTask;
  /** Closed with it. */
  readonly device: Device;
  /** What importance is measured on, for captions. */
  readonly caption: string;
}

/**
 * A source without a checkpoint: a token's embedding is its patch, the normalised pixels themselves.
 *
 * Fresh weights would be a random projection of the patch, which says the same with noise. Motion that keeps
 * an embedding but changes pixels, such as light that flickers, counts here.
 */
export async function patchSource(
  task: PretrainTask,
  choice: DeviceChoice = {},
): Promise<LookSource> {
  const device = await openTaskDevice(task, choice);
  return {
    task,
    device,
    model: patchModel(geometryOf(task)),
    parameters: new Parameters([], new Map()), // none, so that there is nothing to dispose of
    caption: "importance of raw patches (no checkpoint)",
    autoencoder: null,
    objective: null,
    tokens: null,
    [Symbol.asyncDispose]: () => device[Symbol.asyncDispose](),
  };
}

/**
 * A run's newest checkpoint, or a checkpoint file.
 *
 * @param from run folder of a pre-training or a fine-tuning, or one of its checkpoint files
 */
export async function checkpointSource(
  from: string,
  registry: Registry,
  choice: DeviceChoice = {},
): Promise<LookSource> {
  using source = await openEncoderSource(from);
  const { task, step, tensors, path } = source;
  const caption = `importance of embeddings, ${from}, step ${step}`;
  if (task.kind === "finetune") {
    const encoder = await openEncoder(from, registry, choice);
    return { ...encoder, caption, autoencoder: null, objective: null };
  }
  await using resources = new AsyncDisposableStack();
  const device = resources.use(await openTaskDevice(task, choice));
  const objective = registry.create<Objective>(task.objective);
  const model = new MaskedAutoencoder(autoencoderOf(task, registry, objective));
  resources.defer(() => model.dispose());
  const parameters = await storedParameters(
    { network: "pretrain", model, tensors, path },
    "load weights",
  );
  resources.defer(() => parameters.dispose());
  const owned = resources.move();
  return {
    task,
    device,
    model,
    parameters,
    caption,
    autoencoder: model,
    objective,
    tokens: registry.create<TokenSelection>(motionCentricTokens()),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
