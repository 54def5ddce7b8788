import * as tf from "@tensorflow/tfjs-core";
import {
  type ClipGeometry,
  hostRows,
  type Parameters,
  type RandomStream,
  tidy,
  type TokenGrid,
  tokenGrid,
} from "@videoms/core";
import type { RawClips } from "@videoms/data/plain";
import {
  type FramePhase,
  type FrameSelector,
  gatherTubelets,
  type ImportanceOptions,
  tokenImportance,
} from "@videoms/masking";
import { patchify } from "@videoms/models";

/** A model that can embed tokens; both the autoencoder and the classifier can. */
export interface EmbeddingModel {
  readonly grid: TokenGrid;
  readonly options: { readonly geometry: ClipGeometry };
  /** Token embeddings before positions: patches [B, N, P] to [B, N, D]. */
  embed(parameters: Parameters, patches: tf.Tensor3D): tf.Tensor3D;
}

/** What embedding and choosing frames of a batch needs. */
export interface FrameContext {
  model: EmbeddingModel;
  parameters: Parameters;
  selector: FrameSelector;
}

/** Detached embeddings [B, N, D] of every token. */
export function embedAll(
  { model, parameters }: Pick<FrameContext, "model" | "parameters">,
  patches: tf.Tensor3D,
): tf.Tensor3D {
  return tidy(() => model.embed(parameters, patches));
}

/**
 * The frames that the model sees: those decoded, or the ones that a two-stage selector keeps of them.
 *
 * @returns u8, row-major [B, F, H, W, 3]
 */
export async function narrowFrames(
  context: FrameContext,
  { pixels }: RawClips,
  phase: FramePhase,
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

/**
 * Importance [N] of the tokens of each clip, for pictures.
 *
 * @param options as for `tokenImportance`
 * @returns null for clips of one tubelet, whose tokens have nothing to be compared with
 */
export async function clipImportance(
  { model, parameters }: Pick<FrameContext, "model" | "parameters">,
  patches: tf.Tensor3D,
  { distance, first }: ImportanceOptions = { distance: "l2", first: "copy" },
): Promise<Float32Array[] | null> {
  if (model.grid.tubelets < 2) return null;
  const importance = tidy(() =>
    tokenImportance(model.embed(parameters, patches), model.grid, { distance, first })
  );
  try {
    return await hostRows<Float32Array>(importance);
  } finally {
    importance.dispose();
  }
}
