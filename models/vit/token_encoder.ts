import * as tf from "@tensorflow/tfjs-core";
import {
  type ClipGeometry,
  gatherTokens,
  linearOfData,
  type Parameters,
  type ParameterSpec,
  type RandomStream,
  type TokenGrid,
  tokenGrid,
  tokensFrom,
  valuesPerToken,
} from "@videoms/core";
import type { DenseInitializer } from "../backbone/vit_block.ts";
import { Placement, placementSpecs } from "../positions/placement.ts";
import { extraTokenSpecs, withExtraTokens } from "./extra_tokens.ts";
import { checkStack, extraTokens, runStack, type StackOptions, stackSpecs } from "./blocks.ts";
import { patchEmbeddingSpecs } from "./patch_embedding.ts";

/** The tensors of a {@linkcode TokenEncoder}, `encoder.…`. */
export function tokenEncoderSpecs(
  geometry: ClipGeometry,
  options: StackOptions,
  dense?: DenseInitializer,
): ParameterSpec[] {
  return [
    ...patchEmbeddingSpecs("encoder.patchEmbedding", valuesPerToken(geometry), options.width),
    ...placementSpecs("encoder", tokenGrid(geometry), options),
    ...extraTokenSpecs(options),
    ...stackSpecs("encoder", options, dense),
  ];
}

/** What an encoder makes of a clip. */
export interface EncodedTokens {
  /** [B, K, D]. */
  readonly tokens: tf.Tensor3D;
  /** [B, D]; null without one. */
  readonly classToken: tf.Tensor2D | null;
}

/**
 * The part that pre-training and classification share: patch embedding, position embeddings and a stack of
 * transformer blocks on a subset of a clip's tokens.
 */
export class TokenEncoder {
  /** The token grid of a clip. */
  readonly grid: TokenGrid;
  readonly #options: StackOptions;
  readonly #placement: Placement;

  /**
   * Uploads the position table.
   *
   * @throws {RangeError} if the patch or tubelet size does not divide the clip, the heads do not divide the
   * width, or positions or blocks do not suit each other
   */
  constructor(geometry: ClipGeometry, options: StackOptions) {
    checkStack("encoder", options);
    this.grid = tokenGrid(geometry);
    this.#options = options;
    this.#placement = new Placement("encoder", this.grid, options);
  }

  /** Token embeddings without position embeddings: patches [B, N, P] to [B, N, D]. */
  embed(parameters: Parameters, patches: tf.Tensor3D): tf.Tensor3D {
    const p = parameters.scope("encoder.patchEmbedding");
    return linearOfData(patches, p<tf.Tensor2D>("weight"), p<tf.Tensor1D>("bias"));
  }

  /**
   * Encodes tokens and the class token, without a final norm.
   *
   * @param patches normalised pixels of all tokens [B, N, P]
   * @param index int32 [B, K], the tokens to encode
   * @param random one stream per clip for stochastic depth, null outside training
   * @returns tokens [B, K, D]; the class token [B, D], null without one
   */
  encode(
    parameters: Parameters,
    patches: tf.Tensor3D,
    index: tf.Tensor2D,
    random: readonly RandomStream[] | null,
  ): EncodedTokens {
    const embedded = this.embed(parameters, gatherTokens(patches, index));
    const placed = this.#placement.add(parameters, embedded, index);
    const extra = extraTokens(this.#options);
    const rotation = this.#placement.rotation([index], extra);
    const all = withExtraTokens(placed, parameters, this.#options);
    const encoded = runStack(all, parameters, "encoder", this.#options, random, rotation);
    if (extra === 0) return { tokens: encoded, classToken: null };
    const [batch, , width] = encoded.shape;
    return {
      tokens: tokensFrom(encoded, extra),
      classToken: this.#options.classToken
        ? tf.reshape(tf.slice(encoded, [0, 0, 0], [batch, 1, width]), [batch, width])
        : null,
    };
  }

  /** Frees the position table. */
  dispose(): void {
    this.#placement.dispose();
  }
}
