import * as tf from "@tensorflow/tfjs-core";
import { type Descriptor, type RandomStream, randomStream, type Registry } from "@videoms/core";
import { centreCrop, decodeClips, type LabelledVideo } from "@videoms/data";
import type { DrawnTokens, FrameSelector, MaskingStrategy } from "@videoms/masking";
import { patchify, type Reconstruction, reconstructions } from "@videoms/models";
import type { LookSource } from "./look_source.ts";
import { clipImportance, embedAll, narrowFrames } from "../../runs/network/narrow_frames.ts";
import { clipFrames } from "../../runs/videos/clip_frames.ts";

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

/** A clip and what is chosen of it. */
export interface LookedClip {
  readonly video: LabelledVideo;
  /** Frame numbers in the file of all frames that were decoded. */
  readonly candidates: Int32Array;
  /** u8 of all frames that were decoded, [T, H, W, 3]. */
  readonly candidatePixels: Uint8Array;
  /** Frame numbers of the F frames that the model sees. */
  readonly frames: Int32Array;
  /** u8 of the frames that the model sees, [F, H, W, 3]. */
  readonly pixels: Uint8Array;
  /** L2 importance of every token, [N]; null for clips of one tubelet. */
  readonly importance: Float32Array | null;
  readonly strategies: readonly LookedStrategy[];
  /** The tokens that fine-tuning keeps; null without a checkpoint. */
  readonly kept: Int32Array | null;
}

export interface LookOptions {
  readonly source: LookSource;
  readonly registry: Registry;
  readonly strategies: readonly Descriptor<"masking">[];
  /** Epochs whose chance is drawn. */
  readonly epochs: number;
  readonly signal?: AbortSignal;
}

async function decode(
  video: LabelledVideo,
  frames: Int32Array,
  { source, signal }: LookOptions,
): Promise<Uint8Array> {
  const { record } = video;
  const request = { record, frames, crop: centreCrop(record), size: source.task.model.imageSize };
  const [clip] = await decodeClips([request], { signal });
  if ("error" in clip) {
    throw new Error(`Cannot read ${record.path}: it must be a video, got: ${clip.error}`);
  }
  return clip.pixels;
}

/** The frames that the model sees of a clip's candidates. */
async function chosenFrames(
  { task, model, parameters }: LookSource,
  selector: FrameSelector,
  pixels: Uint8Array,
  candidates: Int32Array,
  random: RandomStream,
): Promise<{ frames: Int32Array; pixels: Uint8Array }> {
  if (!selector.narrow) return { frames: candidates, pixels };
  let tubelets = new Int32Array();
  const watched: FrameSelector = {
    ...selector,
    async narrow(input) {
      const kept = await selector.narrow!(input);
      tubelets = Int32Array.from(kept[0]);
      return kept;
    },
  };
  const context = { model, parameters, selector: watched };
  const chosen = await narrowFrames(context, { pixels, batch: 1 }, "test", [random]);
  const size = task.model.tubeletSize;
  const frames = [...tubelets].flatMap((t) => [...candidates.subarray(t * size, (t + 1) * size)]);
  return { frames: Int32Array.from(frames), pixels: chosen };
}

async function lookBy(
  masking: Descriptor<"masking">,
  { source, registry, epochs }: LookOptions,
  patches: tf.Tensor3D,
  embeddings: tf.Tensor3D,
): Promise<LookedStrategy> {
  const { model: { grid }, parameters, autoencoder, objective, task } = source;
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
      random: [randomStream(task.seed, "look", epoch).child("tokens")],
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
  { tokens, model: { grid }, task }: LookSource,
  embeddings: tf.Tensor3D,
): Promise<Int32Array | null> {
  if (!tokens) return null;
  const kept = await tokens.select({
    grid,
    batch: 1,
    embeddings: tokens.needsEmbeddings ? embeddings : undefined,
    random: [randomStream(task.seed, "look", 0).child("tokens")],
  });
  try {
    return await kept.data() as Int32Array;
  } finally {
    kept.dispose();
  }
}

/**
 * Decodes the clip that a test would see of a video, and lets strategies choose its tokens, once for each
 * epoch.
 *
 * @throws {Error} if the video cannot be read
 * @throws {RangeError} if a strategy cannot work on such clips
 */
export async function lookAtClip(
  video: LabelledVideo,
  options: LookOptions,
): Promise<LookedClip> {
  const { source, registry } = options;
  const { task, model } = source;
  const selector = registry.create<FrameSelector>(task.frames);
  const random = randomStream(task.seed, "look", 0);
  const candidates = clipFrames(task, selector, video, "test", random);
  const candidatePixels = await decode(video, candidates, options);
  const chosen = await chosenFrames(source, selector, candidatePixels, candidates, random);
  const patches = patchify(chosen.pixels, model.options.geometry);
  const embeddings = embedAll(source, patches);
  try {
    const strategies: LookedStrategy[] = [];
    for (const masking of options.strategies) {
      strategies.push(await lookBy(masking, options, patches, embeddings));
    }
    const [importance = null] = await clipImportance(source, patches) ?? [];
    const kept = await keptTokens(source, embeddings);
    return { video, candidates, candidatePixels, ...chosen, importance, strategies, kept };
  } finally {
    tf.dispose([patches, embeddings]);
  }
}
