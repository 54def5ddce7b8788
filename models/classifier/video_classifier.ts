import * as tf from "@tensorflow/tfjs-core";
import {
  type ClipGeometry,
  type Initializer,
  layerNorm,
  linear,
  type Parameters,
  type ParameterSpec,
  type RandomStream,
  type TokenGrid,
  xavierUniform,
} from "@videoms/core";
import { denseSpecs, normSpecs } from "../backbone/vit_block.ts";
import { finalEpsilon, type StackOptions } from "../vit/blocks.ts";
import { TokenEncoder, tokenEncoderSpecs } from "../vit/token_encoder.ts";

/**
 * Initial values of a classifier's blocks: `normal` has std 0.02, as published, which suits widths from about 768;
 * `xavier` suits any width. At 128, products of queries and keys of std 0.02 hardly tell tokens apart, so that a network
 * that starts from nothing learns to look at one token rather than another late.
 */
export const INITIALIZATIONS = ["normal", "xavier"] as const;

/** One of {@linkcode INITIALIZATIONS}. */
export type Initialization = typeof INITIALIZATIONS[number];

/** Architecture of a video classifier. */
export interface VideoClassifierOptions {
  /** Clip, tubelet and patch sizes. */
  geometry: ClipGeometry;
  /** Encoder blocks, for the kept tokens. */
  encoder: StackOptions;
  /** Number of scores: of classes, or of what is predicted in place of them. */
  classes: number;
  /** Scale of the head's initial weights; small, so that predictions start near uniform. @default 0.001 */
  headScale?: number;
  /** Initial values of the blocks. @default "normal" */
  initialization?: Initialization;
}

/** Dense layers of a fine-tuned encoder: normal with std 0.02, in effect not truncated. */
function normalDense(): Initializer {
  return { kind: "truncated-normal", std: 0.02, limit: 2 };
}

/** The tensors of a video classifier. */
export function videoClassifierSpecs(options: VideoClassifierOptions): ParameterSpec[] {
  const { geometry, encoder, classes, headScale = 0.001, initialization = "normal" } = options;
  const dense = { normal: normalDense, xavier: xavierUniform }[initialization];
  const head: Initializer = {
    kind: "truncated-normal",
    std: 0.02 * headScale,
    limit: 2 * headScale,
  };
  return [
    ...tokenEncoderSpecs(geometry, encoder, dense),
    ...normSpecs("headNorm", encoder.width),
    ...denseSpecs("head", encoder.width, classes, () => head),
  ];
}

/** Classifies clips from the mean of their encoded tokens, or from the class token of an encoder that has one. */
export class VideoClassifier {
  /** The network's architecture. */
  readonly options: VideoClassifierOptions;
  /** The tensors. */
  readonly specs: readonly ParameterSpec[];
  /** The token grid of a clip. */
  readonly grid: TokenGrid;
  readonly #encoder: TokenEncoder;

  /**
   * Uploads the position table.
   *
   * @throws {RangeError} if the patch or tubelet size does not divide the clip, the heads do not divide the
   * width, or there is no class
   */
  constructor(options: VideoClassifierOptions) {
    if (!Number.isInteger(options.classes) || options.classes < 1) {
      throw new RangeError(
        `Cannot build the classifier: classes must be a whole number from 1, got ${options.classes}`,
      );
    }
    this.options = options;
    this.specs = videoClassifierSpecs(options);
    this.#encoder = new TokenEncoder(options.geometry, options.encoder);
    this.grid = this.#encoder.grid;
  }

  /** Token embeddings without position embeddings: patches [B, N, P] to [B, N, D]. */
  embed(parameters: Parameters, patches: tf.Tensor3D): tf.Tensor3D {
    return this.#encoder.embed(parameters, patches);
  }

  /**
   * The pooled, normalised features that the head sees.
   *
   * @param patches normalised pixels [B, N, P]
   * @param kept int32 [B, K], the kept tokens, ascending
   * @param random one stream per clip for stochastic depth, null outside training
   * @returns [B, D]
   */
  features(
    parameters: Parameters,
    patches: tf.Tensor3D,
    kept: tf.Tensor2D,
    random: readonly RandomStream[] | null = null,
  ): tf.Tensor2D {
    const { tokens, classToken } = this.#encoder.encode(parameters, patches, kept, random);
    const pooled: tf.Tensor2D = classToken ?? tf.mean(tokens, 1);
    const norm = parameters.scope("headNorm");
    return layerNorm(pooled, norm("weight"), norm("bias"), finalEpsilon(this.options.encoder));
  }

  /** Class scores [B, classes] of features [B, D]. */
  classify(parameters: Parameters, features: tf.Tensor2D): tf.Tensor2D {
    const head = parameters.scope("head");
    return linear(features, head<tf.Tensor2D>("weight"), head<tf.Tensor1D>("bias"));
  }

  /** Frees the position table. */
  dispose(): void {
    this.#encoder.dispose();
  }
}
