import * as tf from "@tensorflow/tfjs-core";
import type { RandomStream } from "@videoms/core";
import type { FramePhase, MaskingStrategy, Selection } from "@videoms/masking";
import { type MaskedAutoencoder, patchify } from "@videoms/models";
import {
  embedAll,
  type FrameContext,
  narrowFrames,
  type RawClips,
} from "../training/narrow_frames.ts";

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
  selection: Selection;
}

/** Chooses frames and tokens of a batch. */
export async function selectBatch(
  context: SelectionContext,
  clips: RawClips,
  phase: FramePhase,
  random: readonly RandomStream[],
): Promise<SelectedBatch> {
  const { model, strategy } = context;
  const pixels = await narrowFrames(context, clips, phase, random);
  const patches = patchify(pixels, model.options.geometry);
  const embeddings = strategy.needsEmbeddings ? embedAll(context, patches) : undefined;
  try {
    const selection = await strategy.select({
      grid: model.grid,
      batch: clips.batch,
      embeddings,
      random: random.map((stream) => stream.child("tokens")),
    });
    return { pixels, patches, selection };
  } catch (error) {
    patches.dispose();
    throw error;
  } finally {
    embeddings?.dispose();
  }
}

/** Frees the tensors of a batch. */
export function disposeBatch({ patches, selection }: SelectedBatch): void {
  tf.dispose([patches, ...Object.values(selection)]);
}
