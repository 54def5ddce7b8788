import * as tf from "@tensorflow/tfjs-core";
import {
  type ClipGeometry,
  type Descriptor,
  type Parameters,
  type RandomStream,
  randomStream,
  type Registry,
  tidy,
  type TokenGrid,
  tokenGrid,
} from "@videoms/core";
import {
  type DrawnTokens,
  type FrameSelector,
  gatherTubelets,
  type MaskingStrategy,
  tokenImportance,
  type TokenSelection,
} from "@videoms/masking";
import {
  type MaskedAutoencoder,
  type Objective,
  patchify,
  type Reconstruction,
  reconstructions,
} from "@videoms/models";

/** What tokens are embedded by, and what else a checkpoint can show. */
export interface TokenSource {
  readonly model: {
    readonly grid: TokenGrid;
    readonly options: { readonly geometry: ClipGeometry };
    /** Token embeddings before positions: patches [B, N, P] to [B, N, D]. */
    embed(parameters: Parameters, patches: tf.Tensor3D): tf.Tensor3D;
  };
  readonly parameters: Parameters;
  /** The autoencoder of a pre-training, which reconstructs; null without one. */
  readonly autoencoder: MaskedAutoencoder | null;
  /** What it predicts; null without one. */
  readonly objective: Objective | null;
  /** The tokens that fine-tuning keeps; null without a checkpoint. */
  readonly tokens: TokenSelection | null;
}

/** What a strategy makes of a clip. */
export interface LookedStrategy {
  readonly masking: Descriptor<"masking">;
  /** One choice per epoch, at least one. */
  readonly draws: readonly DrawnTokens[];
  /** What the strategy chose by, [N]; null if it chose by chance alone. */
  readonly importance: Float32Array | null;
  /** Targets of the first epoch, reconstructed; empty without an autoencoder. */
  readonly reconstructions: readonly Reconstruction[];
}

/** Decoded frames, and what is chosen of them. */
export interface LookedPixels {
  /** Frame numbers in the file of the F frames that the model sees. */
  readonly frames: Int32Array;
  /** u8 of the frames that the model sees, [F, H, W, 3]. */
  readonly pixels: Uint8Array;
  /** L2 importance of every token, [N]; null for clips of one tubelet. */
  readonly importance: Float32Array | null;
  readonly strategies: readonly LookedStrategy[];
  /** The tokens that fine-tuning keeps; null without a checkpoint. */
  readonly kept: Int32Array | null;
}

/** Decoded frames of a clip. */
export interface CandidatePixels {
  /** Frame numbers in the file. */
  readonly candidates: Int32Array;
  /** u8, [T, H, W, 3]. */
  readonly candidatePixels: Uint8Array;
}

/** How {@linkcode lookAtPixels} looks. */
export interface LookAtPixelsOptions {
  readonly source: TokenSource;
  readonly registry: Registry;
  /** Chooses some of the candidates, if it has two stages. */
  readonly selector: FrameSelector;
  readonly strategies: readonly Descriptor<"masking">[];
  /** Epochs whose chance is drawn. */
  readonly epochs: number;
  readonly seed: number;
}

/** The random stream of an epoch's choices. */
export function lookStream(seed: number, epoch: number): RandomStream {
  return randomStream(seed, "look", epoch);
}

/** Without weights a token's embedding is its patch. */
export function patchModel(geometry: ClipGeometry): TokenSource["model"] {
  return {
    grid: tokenGrid(geometry),
    options: { geometry },
    embed: (_, patches) => tf.clone(patches),
  };
}

/** The frames that the model sees of a clip's candidates. */
async function chosenFrames(
  { source: { model, parameters }, selector, seed }: LookAtPixelsOptions,
  { candidates, candidatePixels: pixels }: CandidatePixels,
): Promise<{ frames: Int32Array; pixels: Uint8Array }> {
  if (!selector.narrow) return { frames: candidates, pixels };
  const { geometry } = model.options;
  const { tubeletSize } = geometry;
  const wide = { ...geometry, frames: selector.candidateFrames(geometry) };
  const patches = patchify(pixels, wide);
  const embeddings = tidy(() => model.embed(parameters, patches));
  try {
    const kept = await selector.narrow({
      embeddings,
      grid: tokenGrid(wide),
      tubelets: model.grid.tubelets,
      phase: "test",
      random: [lookStream(seed, 0).child("frames")],
    });
    const frames = [...kept[0]].flatMap((t) => [
      ...candidates.subarray(t * tubeletSize, (t + 1) * tubeletSize),
    ]);
    return {
      frames: Int32Array.from(frames),
      pixels: gatherTubelets(pixels, kept, { frames: wide.frames, tubeletSize }),
    };
  } finally {
    tf.dispose([patches, embeddings]);
  }
}

async function lookBy(
  masking: Descriptor<"masking">,
  { source, registry, epochs, seed }: LookAtPixelsOptions,
  patches: tf.Tensor3D,
  embeddings: tf.Tensor3D,
): Promise<LookedStrategy> {
  const { model: { grid }, parameters, autoencoder, objective } = source;
  const strategy = registry.create<MaskingStrategy>(masking);
  const draws: DrawnTokens[] = [];
  let importance: Float32Array | null = null;
  let reconstructed: Reconstruction[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const selection = await strategy.select({
      grid,
      batch: 1,
      embeddings: strategy.needsEmbeddings ? embeddings : undefined,
      patches: strategy.needsPatches ? patches : undefined,
      random: [lookStream(seed, epoch).child("tokens")],
    });
    const [visible, target] = await Promise.all(
      [selection.visible, selection.target].map((tensor) => tensor.data() as Promise<Int32Array>),
    );
    if (epoch === 0 && autoencoder && objective) {
      const context = { model: autoencoder, parameters, objective };
      reconstructed = await reconstructions(context, patches, selection, [visible], [target]);
    }
    if (epoch === 0 && selection.importance) {
      importance = await selection.importance.data() as Float32Array;
    }
    tf.dispose(Object.values(selection));
    draws.push({ visible, target });
  }
  return { masking, draws, importance, reconstructions: reconstructed };
}

/** The tokens that fine-tuning keeps; null without a checkpoint. */
async function keptTokens(
  { source: { tokens, model: { grid } }, seed }: LookAtPixelsOptions,
  embeddings: tf.Tensor3D,
): Promise<Int32Array | null> {
  if (!tokens) return null;
  const kept = await tokens.select({
    grid,
    batch: 1,
    embeddings: tokens.needsEmbeddings ? embeddings : undefined,
    random: [lookStream(seed, 0).child("tokens")],
  });
  try {
    return await kept.data() as Int32Array;
  } finally {
    kept.dispose();
  }
}

async function importanceOf(
  { model: { grid } }: TokenSource,
  embeddings: tf.Tensor3D,
): Promise<Float32Array | null> {
  if (grid.tubelets < 2) return null;
  const importance = tidy(() =>
    tokenImportance(embeddings, grid, { distance: "l2", first: "copy" })
  );
  try {
    return await importance.data() as Float32Array;
  } finally {
    importance.dispose();
  }
}

/**
 * Lets a frame selector and strategies choose of decoded frames, once for each epoch. The command `look` and the page
 * of `studio` both do it by this, so that they show the same tokens.
 *
 * @throws {RangeError} if a strategy cannot work on such clips
 */
export async function lookAtPixels(
  decoded: CandidatePixels,
  options: LookAtPixelsOptions,
): Promise<LookedPixels> {
  const { source: { model, parameters }, source } = options;
  const chosen = await chosenFrames(options, decoded);
  const patches = patchify(chosen.pixels, model.options.geometry);
  const embeddings = tidy(() => model.embed(parameters, patches));
  try {
    const strategies: LookedStrategy[] = [];
    for (const masking of options.strategies) {
      strategies.push(await lookBy(masking, options, patches, embeddings));
    }
    const importance = await importanceOf(source, embeddings);
    const kept = await keptTokens(options, embeddings);
    return { ...chosen, importance, strategies, kept };
  } finally {
    tf.dispose([patches, embeddings]);
  }
}
