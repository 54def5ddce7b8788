import * as tf from "@tensorflow/tfjs-core";
import {
  type ClipGeometry,
  layerNorm,
  type Parameters,
  type ParameterSpec,
  type TokenGrid,
} from "@videoms/core";
import type { EncoderNetwork } from "../checkpoint/pytorch_layout.ts";
import { normSpecs } from "../backbone/vit_block.ts";
import { finalEpsilon, type StackOptions } from "../vit/blocks.ts";
import { TokenEncoder, tokenEncoderSpecs } from "../vit/token_encoder.ts";

/** Architecture of an encoder without decoder or head. */
export interface VideoEncoderOptions {
  /** Clip, tubelet and patch sizes. */
  geometry: ClipGeometry;
  /** Encoder blocks, for the kept tokens. */
  encoder: StackOptions;
  /**
   * The network that the encoder was trained in, which determines the final norm: a masked autoencoder
   * normalises each token, a classifier the mean of the tokens.
   */
  network: EncoderNetwork;
}

/** Name of the final norm of a network's encoder. */
const LAST_NORM = { pretrain: "encoder.norm", classifier: "headNorm" } as const;

/** The tensors of an encoder, named as in the network that it was trained in. */
export function videoEncoderSpecs(options: VideoEncoderOptions): ParameterSpec[] {
  const { geometry, encoder, network } = options;
  return [
    ...tokenEncoderSpecs(geometry, encoder),
    ...normSpecs(LAST_NORM[network], encoder.width),
  ];
}

/**
 * The encoder of a masked autoencoder or a classifier as a feature extractor: its features are exactly what
 * the decoder or the head sees.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { initialParameters, openDevice, Parameters, tidy } from "@videoms/core";
 * import { patchify, VideoEncoder } from "@videoms/models";
 *
 * await openDevice({ backend: "cpu" });
 * const geometry = { frames: 4, tubeletSize: 2, imageSize: 8, patchSize: 4 };
 * const encoder = { width: 12, depth: 1, heads: 3 };
 * const model = new VideoEncoder({ geometry, encoder, network: "pretrain" });
 * const parameters = new Parameters(model.specs, initialParameters(model.specs, 0));
 * const pixels = new Uint8Array(4 * 8 * 8 * 3);
 * const kept = tf.tensor2d([[0, 3, 5]], [1, 3], "int32");
 * const features = tidy(() =>
 *   model.features(parameters, patchify(pixels, geometry), kept).pooled
 * );
 * console.assert(features.shape.join() === "1,12");
 * ```
 */
export class VideoEncoder {
  /** The network's architecture. */
  readonly options: VideoEncoderOptions;
  /** The tensors. */
  readonly specs: readonly ParameterSpec[];
  /** The token grid of a clip. */
  readonly grid: TokenGrid;
  readonly #encoder: TokenEncoder;

  /**
   * Uploads the position table.
   *
   * @throws {RangeError} if the patch or tubelet size does not divide the clip, or the heads do not divide
   * the width
   */
  constructor(options: VideoEncoderOptions) {
    this.options = options;
    this.specs = videoEncoderSpecs(options);
    this.#encoder = new TokenEncoder(options.geometry, options.encoder);
    this.grid = this.#encoder.grid;
  }

  /** Token embeddings without position embeddings: patches [B, N, P] to [B, N, D]. */
  embed(parameters: Parameters, patches: tf.Tensor3D): tf.Tensor3D {
    return this.#encoder.embed(parameters, patches);
  }

  /**
   * Features of the kept tokens, and of whole clips: the class token, or the mean of the tokens.
   *
   * @param patches normalised pixels of all tokens [B, N, P]
   * @param kept int32 [B, K], the kept tokens, ascending
   * @returns tokens [B, K, D] and pooled [B, D]
   */
  features(
    parameters: Parameters,
    patches: tf.Tensor3D,
    kept: tf.Tensor2D,
  ): { tokens: tf.Tensor3D; pooled: tf.Tensor2D } {
    const { tokens, classToken } = this.#encoder.encode(parameters, patches, kept, null);
    if (this.options.network === "classifier") {
      const pooled: tf.Tensor2D = classToken ?? tf.mean(tokens, 1);
      return { tokens, pooled: this.#normalize(parameters, pooled) };
    }
    const normal = this.#normalize(parameters, tokens);
    const pooled = classToken
      ? this.#normalize(parameters, classToken)
      : tf.mean(normal, 1) as tf.Tensor2D;
    return { tokens: normal, pooled };
  }

  #normalize<T extends tf.Tensor>(parameters: Parameters, x: T): T {
    const { network, encoder } = this.options;
    const norm = parameters.scope(LAST_NORM[network]);
    return layerNorm(x, norm("weight"), norm("bias"), finalEpsilon(encoder));
  }

  /** Frees the position table. */
  dispose(): void {
    this.#encoder.dispose();
  }
}
