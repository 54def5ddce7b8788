import {
  type Device,
  hostRows,
  type HostTensors,
  randomStream,
  type Registry,
} from "@videoms/core";
import { type ClipAugmentation, noAugmentation } from "@videoms/data/plain";
import type { FrameSelector, MaskingStrategy } from "@videoms/masking";
import { MaskedAutoencoder, type Objective, reconstructions } from "@videoms/models";
import { autoencoderOptions } from "../network/network_options.ts";
import { batchLoss, disposeBatch, openSubject, pretrainStep, selectBatch } from "../train/mod.ts";
import { Stage } from "./stage.ts";
import type { TaughtClip } from "./taught_clip.ts";
import type { TeachSettings } from "./teach_settings.ts";

/** A held-out clip whose targets were reconstructed. */
export interface ReconstructedClip {
  /** u8, [F, S, S, 3]. */
  readonly pixels: Uint8Array;
  readonly visible: Int32Array;
  readonly target: Int32Array;
  /** Pixels in [0, 1] of the targets, [M, P]. */
  readonly values: Float32Array;
}

/** How an autoencoder does on held-out clips. */
export interface PretrainRating {
  readonly loss: number;
  /** The first of them; null if the network predicts no pixels. */
  readonly picture: ReconstructedClip | null;
}

/** Values that a network starts from, by the network. */
export type StartValues<Model> = (model: Model) => Promise<HostTensors>;

/** Pixels of clips by which commands test them, one after the other. */
export function testedPixels(clips: readonly TaughtClip[]): { pixels: Uint8Array; batch: number } {
  const pixels = new Uint8Array(clips.length * clips[0].tested.length);
  clips.forEach(({ tested }, i) => pixels.set(tested, i * tested.length));
  return { pixels, batch: clips.length };
}

/** Clips of a forward pass without gradients. */
export const RATED_TOGETHER = 16;

/** Pre-training in a page. */
export async function pretrainStage(
  device: Device,
  { model: settings, pretrain: task }: TeachSettings,
  registry: Registry,
  start: StartValues<MaskedAutoencoder>,
): Promise<Stage<PretrainRating>> {
  const objective = registry.create<Objective>(task.objective);
  const model = new MaskedAutoencoder(
    autoencoderOptions({ ...settings, objective: task.objective }, registry),
  );
  const { geometry } = model.options;
  const { specs } = model;
  const subject = openSubject(
    device,
    { network: "pretrain", geometry, specs, optimizer: task.optimizer, seed: task.seed },
    await start(model),
  );
  const { parameters, optimizer } = subject;
  const context = {
    ...{ model, parameters, optimizer, device, objective, teacher: null },
    selector: registry.create<FrameSelector>(task.frames),
    strategy: registry.create<MaskingStrategy>(task.masking),
  };
  return new Stage(task, {
    ...{ subject, selector: context.selector },
    augmentation: registry.create<ClipAugmentation>(noAugmentation()),
    step: (clips, change) => pretrainStep(context, clips, change),
    async rate(heldOut) {
      const clips = testedPixels(heldOut.slice(0, RATED_TOGETHER));
      const random = Array.from({ length: clips.batch }, (_, b) => randomStream(0, "held-out", b));
      const batch = await selectBatch(context, clips, "test", random);
      try {
        const [{ visible, target }] = batch.selections;
        const [seen, wanted] = [
          await hostRows<Int32Array>(visible),
          await hostRows<Int32Array>(target),
        ];
        const [made] = await reconstructions(
          context,
          batch.patches,
          { visible, target },
          seen,
          wanted,
        );
        const loss = await batchLoss(context, batch);
        const picture = made && {
          ...{ pixels: heldOut[0].tested, visible: seen[0], target: wanted[0] },
          values: made.values[0],
        };
        return { loss, picture: picture ?? null };
      } finally {
        disposeBatch(batch);
      }
    },
    [Symbol.dispose]: () => model.dispose(),
  });
}
