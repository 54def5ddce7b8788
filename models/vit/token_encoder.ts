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
  valuesPerToken,
} from "@videoms/core";
import type { DenseInitializer } from "../backbone/vit_block.ts";
import { Placement, placementSpecs } from "../positions/placement.ts";
import { checkStack, runStack, type StackOptions, stackSpecs } from "./blocks.ts";
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
    ...stackSpecs("encoder", options, dense),
  ];
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
   * Encodes tokens, without a final norm.
   *
   * @param patches normalised pixels of all tokens [B, N, P]
   * @param index int32 [B, K], the tokens to encode
   * @param random one stream per clip for stochastic depth, null outside training
   * @returns [B, K, D]
   */
  encode(
    parameters: Parameters,
    patches: tf.Tensor3D,
    index: tf.Tensor2D,
    random: readonly RandomStream[] | null,
  ): tf.Tensor3D {
    const embedded = this.embed(parameters, gatherTokens(patches, index));
    const placed = this.#placement.add(parameters, embedded, index);
    const rotation = this.#placement.rotation(index);
    return runStack(placed, parameters, "encoder", this.#options, random, rotation);
  }

  /** Frees the position table. */
  dispose(): void {
    this.#placement.dispose();
  }
}
