import * as tf from "@tensorflow/tfjs-core";
import type { RandomStream } from "@videoms/core";
import type { RawClips } from "@videoms/data/plain";
import type { FramePhase, MaskingStrategy, Selection } from "@videoms/masking";
import { type MaskedAutoencoder, patchify } from "@videoms/models";
import { embedAll, type FrameContext, narrowFrames } from "../classify/mod.ts";

/** What choosing frames and tokens of a batch needs. */
export interface SelectionContext extends FrameContext {
  model: MaskedAutoencoder;
  strategy: MaskingStrategy;
}

/** A batch ready for the model; the caller disposes of the tensors. */
export interface SelectedBatch {
  /** Pixels of the F frames that the model sees, u8 [B, F, H, W, 3]. */
  pixels: Uint8Array;
  /** Normalised pixels by token, [B, N, P]. */
  patches: tf.Tensor3D;
  /** The masks of the clips; one, but for strategies with several masks in training. */
  selections: readonly Selection[];
}

/**
 * Chooses frames and tokens of a batch.
 *
 * @param progress share of the training that is done; the end of it where there is none
 */
export async function selectBatch(
  context: SelectionContext,
  clips: RawClips,
  phase: FramePhase,
  random: readonly RandomStream[],
  progress = 1,
): Promise<SelectedBatch> {
  const { model, strategy } = context;
  const pixels = await narrowFrames(context, clips, phase, random);
  const patches = patchify(pixels, model.options.geometry);
  const strategies = phase === "train" ? [strategy, ...strategy.more ?? []] : [strategy];
  const needsEmbeddings = strategies.some((one) => one.needsEmbeddings);
  const embeddings = needsEmbeddings ? embedAll(context, patches) : undefined;
  const selections: Selection[] = [];
  try {
    for (const [i, one] of strategies.entries()) {
      const path = i === 0 ? ["tokens"] : ["tokens", i];
      selections.push(
        await one.select({
          grid: model.grid,
          batch: clips.batch,
          embeddings: one.needsEmbeddings ? embeddings : undefined,
          patches: one.needsPatches ? patches : undefined,
          random: random.map((stream) => stream.child(...path)),
          progress,
        }),
      );
    }
    return { pixels, patches, selections };
  } catch (error) {
    disposeBatch({ patches, selections });
    throw error;
  } finally {
    embeddings?.dispose();
  }
}

/** Frees the tensors of a batch. */
export function disposeBatch(
  { patches, selections }: Pick<SelectedBatch, "patches" | "selections">,
): void {
  tf.dispose([patches, ...selections.flatMap((selection) => Object.values(selection))]);
}
