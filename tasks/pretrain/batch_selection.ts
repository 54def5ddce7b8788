import * as tf from "@tensorflow/tfjs-core";
import {
  type ClipGeometry,
  type Parameters,
  type RandomStream,
  tidy,
  tokenGrid,
} from "@videoms/core";
import {
  type FrameSelector,
  gatherTubelets,
  type MaskingStrategy,
  type Selection,
} from "@videoms/masking";
import { type MaskedAutoencoder, patchify } from "@videoms/models";

/** What choosing frames and tokens of a batch needs. */
export interface SelectionContext {
  model: MaskedAutoencoder;
  parameters: Parameters;
  strategy: MaskingStrategy;
  selector: FrameSelector;
}

/** Clips as the loader hands them over: u8, row-major [B, T, H, W, 3], T what the selector asks for. */
export interface RawClips {
  pixels: Uint8Array;
  batch: number;
}

/** When a choice is made: held-out clips are chosen without chance. */
export type Phase = "train" | "test";

/** A batch ready for the model; the caller disposes of the tensors. */
export interface SelectedBatch {
  /** Pixels of the F frames that the model sees, u8 [B, F, H, W, 3]. */
  pixels: Uint8Array;
  /** Normalised pixels by token, [B, N, P]. */
  patches: tf.Tensor3D;
  selection: Selection;
}

/** Detached embeddings [B, N, D] of every token. */
function embedAll(
  { model, parameters }: SelectionContext,
  patches: tf.Tensor3D,
): tf.Tensor3D {
  return tidy(() => model.embed(parameters, patches));
}

/** The frames that the model sees: those decoded, or the ones a two-stage selector keeps of them. */
async function narrowFrames(
  context: SelectionContext,
  { pixels }: RawClips,
  phase: Phase,
  random: readonly RandomStream[],
): Promise<Uint8Array> {
  const { selector, model } = context;
  const { geometry } = model.options;
  if (!selector.narrow) return pixels;
  const candidates: ClipGeometry = { ...geometry, frames: selector.candidateFrames(geometry) };
  const patches = patchify(pixels, candidates);
  const embeddings = embedAll(context, patches);
  try {
    const kept = await selector.narrow({
      embeddings,
      grid: tokenGrid(candidates),
      tubelets: model.grid.tubelets,
      phase,
      random: random.map((stream) => stream.child("frames")),
    });
    const { tubeletSize } = geometry;
    return gatherTubelets(pixels, kept, { frames: candidates.frames, tubeletSize });
  } finally {
    tf.dispose([patches, embeddings]);
  }
}

/** Chooses frames and tokens of a batch. */
export async function selectBatch(
  context: SelectionContext,
  clips: RawClips,
  phase: Phase,
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
