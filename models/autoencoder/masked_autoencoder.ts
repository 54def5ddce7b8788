import * as tf from "@tensorflow/tfjs-core";
import {
  type ClipGeometry,
  gatherTokens,
  type Initializer,
  layerNorm,
  linear,
  meanOf,
  type Parameters,
  type ParameterSpec,
  type RandomStream,
  type TokenGrid,
  tokenGrid,
  tokensFrom,
  valuesPerToken,
} from "@videoms/core";
import { denseSpecs, normSpecs } from "../backbone/vit_block.ts";
import {
  checkStack,
  finalEpsilon,
  runStack,
  type StackOptions,
  stackSpecs,
} from "../vit/blocks.ts";
import { Placement, placementSpecs } from "../positions/placement.ts";
import { TokenEncoder, tokenEncoderSpecs } from "../vit/token_encoder.ts";
import type { Objective, ObjectiveTargets } from "../objective/objective.ts";

/** Architecture of a masked autoencoder. */
export interface MaskedAutoencoderOptions {
  /** Clip, tubelet and patch sizes. */
  geometry: ClipGeometry;
  /** Encoder blocks, for the visible tokens. */
  encoder: StackOptions;
  /** Decoder blocks, which reconstruct the targets. */
  decoder: StackOptions;
  /** Values predicted per token. @default its pixels, P */
  predicted?: number;
}

/** Further inputs of the loss. */
export interface LossOptions {
  /** One stream per clip for stochastic depth, null outside training. @default null */
  random?: readonly RandomStream[] | null;
  /** Features of all tokens [B, N, D], for objectives that need them. */
  features?: tf.Tensor3D;
  /** Called with each prediction, [B, M, O], and its targets, before they are freed. @default nothing */
  onPrediction?: (prediction: tf.Tensor3D, targets: ObjectiveTargets) => void;
}

/** Values that a masked autoencoder predicts per token. */
export function predictedValues(
  { predicted, geometry }: Pick<MaskedAutoencoderOptions, "predicted" | "geometry">,
): number {
  return predicted ?? valuesPerToken(geometry);
}

/** Which tokens are encoded and which are reconstructed. */
export interface TokenSets {
  /** int32 [B, K], ascending. */
  visible: tf.Tensor2D;
  /** int32 [B, M], ascending. */
  target: tf.Tensor2D;
}

/** The tensors of a masked autoencoder. */
export function maskedAutoencoderSpecs(options: MaskedAutoencoderOptions): ParameterSpec[] {
  const { encoder, decoder } = options;
  // The two tensors that the reference leaves at PyTorch's default initialisation.
  const bridgeBound = 1 / Math.sqrt(encoder.width);
  const maskToken: Initializer = { kind: "truncated-normal", std: 0.02, limit: 0.02 };
  return [
    { name: "maskToken", shape: [decoder.width], initializer: maskToken },
    ...tokenEncoderSpecs(options.geometry, encoder),
    ...normSpecs("encoder.norm", encoder.width),
    ...placementSpecs("decoder", tokenGrid(options.geometry), decoder),
    ...stackSpecs("decoder", decoder),
    ...normSpecs("decoder.norm", decoder.width),
    ...denseSpecs("decoder.head", decoder.width, predictedValues(options)),
    {
      name: "bridge.weight",
      shape: [encoder.width, decoder.width],
      initializer: { kind: "uniform", bound: bridgeBound },
    },
  ];
}

/**
 * Encodes the visible tokens of a clip and reconstructs the target tokens from them (He et al.: arXiv
 * 2111.06377; for video Tong et al.: arXiv 2203.12602). Tokens that are neither never enter the network.
 */
export class MaskedAutoencoder {
  /** The network's architecture. */
  readonly options: MaskedAutoencoderOptions;
  /** The tensors. */
  readonly specs: readonly ParameterSpec[];
  /** The token grid of a clip. */
  readonly grid: TokenGrid;
  readonly #encoder: TokenEncoder;
  readonly #decoderPlacement: Placement;

  /**
   * Uploads the position tables.
   *
   * @throws {RangeError} if the patch or tubelet size does not divide the clip, or the heads of a stack do
   * not divide its width
   */
  constructor(options: MaskedAutoencoderOptions) {
    checkStack("decoder", options.decoder);
    this.options = options;
    this.specs = maskedAutoencoderSpecs(options);
    this.#encoder = new TokenEncoder(options.geometry, options.encoder);
    this.grid = this.#encoder.grid;
    this.#decoderPlacement = new Placement("decoder", this.grid, options.decoder);
  }

  /** Token embeddings without position embeddings: patches [B, N, P] to [B, N, D]. */
  embed(parameters: Parameters, patches: tf.Tensor3D): tf.Tensor3D {
    return this.#encoder.embed(parameters, patches);
  }

  /**
   * Encodes tokens, including the final norm.
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
    random: readonly RandomStream[] | null = null,
  ): tf.Tensor3D {
    const { tokens: encoded } = this.#encoder.encode(parameters, patches, index, random);
    const norm = parameters.scope("encoder.norm");
    return layerNorm(encoded, norm("weight"), norm("bias"), finalEpsilon(this.options.encoder));
  }

  /** Encodes all tokens: patches [B, N, P] to [B, N, D]. */
  encodeAll(parameters: Parameters, patches: tf.Tensor3D): tf.Tensor3D {
    const [batch, tokens] = patches.shape;
    const row = tf.range(0, tokens, 1, "int32") as tf.Tensor1D;
    const all = tf.tile(tf.reshape(row, [1, tokens]), [batch, 1]) as tf.Tensor2D;
    return this.encode(parameters, patches, all);
  }

  /**
   * Predicts the target tokens from the encoded visible tokens.
   *
   * @param encoded [B, K, D]
   * @returns [B, M, O], with O = `predicted` values per token
   */
  decode(
    parameters: Parameters,
    encoded: tf.Tensor3D,
    sets: TokenSets,
    random: readonly RandomStream[] | null = null,
  ): tf.Tensor3D {
    const bridged = linear(encoded, parameters.get<tf.Tensor2D>("bridge.weight"), null);
    const token = parameters.get<tf.Tensor1D>("maskToken");
    const placement = this.#decoderPlacement;
    const tokens = placement.decoderTokens(parameters, bridged, token, sets);
    const { decoder } = this.options;
    const rotation = placement.rotation([sets.visible, sets.target]);
    const decoded = runStack(tokens, parameters, "decoder", decoder, random, rotation);
    const wanted = tokensFrom(decoded, sets.visible.shape[1]);
    const norm = parameters.scope("decoder.norm");
    const head = parameters.scope("decoder.head");
    const normal = layerNorm(
      wanted,
      norm("weight"),
      norm("bias"),
      finalEpsilon(this.options.decoder),
    );
    return linear(normal, head("weight"), head("bias"));
  }

  /**
   * Predictions for the target tokens.
   *
   * @param patches normalised pixels [B, N, P]
   * @returns [B, M, O]
   */
  reconstruct(
    parameters: Parameters,
    patches: tf.Tensor3D,
    sets: TokenSets,
    random: readonly RandomStream[] | null = null,
  ): tf.Tensor3D {
    const encoded = this.encode(parameters, patches, sets.visible, random);
    return this.decode(parameters, encoded, sets, random?.map((one) => one.child("decoder")));
  }

  /**
   * The loss of the prediction.
   *
   * @param patches normalised pixels [B, N, P]
   */
  loss(
    parameters: Parameters,
    patches: tf.Tensor3D,
    sets: TokenSets,
    objective: Objective,
    { random = null, features, onPrediction }: LossOptions = {},
  ): tf.Scalar {
    const prediction = this.reconstruct(parameters, patches, sets, random);
    const targets: ObjectiveTargets = {
      geometry: this.options.geometry,
      patches: gatherTokens(patches, sets.target),
      features: features && gatherTokens(features, sets.target),
    };
    onPrediction?.(prediction, targets);
    return objective.loss(prediction, targets);
  }

  /** The mean {@linkcode MaskedAutoencoder.loss} over several masks of the same clips. */
  meanLoss(
    parameters: Parameters,
    patches: tf.Tensor3D,
    masks: readonly TokenSets[],
    objective: Objective,
    options: LossOptions = {},
  ): tf.Scalar {
    const losses = masks.map((sets) => this.loss(parameters, patches, sets, objective, options));
    return losses.length === 1 ? losses[0] : meanOf(losses, losses.length);
  }

  /** Frees the position tables. */
  dispose(): void {
    this.#encoder.dispose();
    this.#decoderPlacement.dispose();
  }
}
