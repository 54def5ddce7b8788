import * as tf from "@tensorflow/tfjs-core";
import type { RandomStream } from "@videoms/core";
import type { RawClips } from "@videoms/data/plain";
import type { FramePhase, TokenSelection } from "@videoms/masking";
import {
  patchify,
  patchTensor,
  patchValues,
  type PixelChange,
  type VideoClassifier,
} from "@videoms/models";
import { embedAll, type FrameContext, narrowFrames } from "./narrow_frames.ts";

/** What choosing frames and tokens of a batch needs. */
export interface TokenContext extends FrameContext {
  tokens: TokenSelection;
}

/** What classifying clips needs. */
export interface ClassifierContext extends TokenContext {
  model: VideoClassifier;
}

/** Clips as a classifier or a frozen encoder sees them; the caller disposes of the tensors. */
export interface ClassifierInput {
  /** Pixels of the F frames that the model sees, u8 [B, F, H, W, 3]. */
  pixels: Uint8Array;
  /** Normalised pixels by token, [B, N, P]. */
  patches: tf.Tensor3D;
  /** int32 [B, K], the tokens that are looked at, ascending. */
  kept: tf.Tensor2D;
}

/**
 * Chooses frames and tokens of clips.
 *
 * @param random one stream per clip
 * @param change of the pixels, on the host; without one, the device cuts the tokens from the bytes
 */
export async function classifierInput(
  context: TokenContext,
  clips: RawClips,
  phase: FramePhase,
  random: readonly RandomStream[],
  change?: PixelChange,
): Promise<ClassifierInput> {
  const { model, tokens } = context;
  const { geometry } = model.options;
  const pixels = await narrowFrames(context, clips, phase, random);
  const patches = change
    ? patchTensor(change(patchValues(pixels, geometry)), geometry)
    : patchify(pixels, geometry);
  const embeddings = tokens.needsEmbeddings ? embedAll(context, patches) : undefined;
  try {
    const kept = await tokens.select({
      grid: model.grid,
      batch: clips.batch,
      embeddings,
      random: random.map((stream) => stream.child("tokens")),
    });
    return { pixels, patches, kept };
  } catch (error) {
    patches.dispose();
    throw error;
  } finally {
    embeddings?.dispose();
  }
}

/** Frees the tensors of an input. */
export function disposeInput({ patches, kept }: ClassifierInput): void {
  tf.dispose([patches, kept]);
}
