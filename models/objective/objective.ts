import type * as tf from "@tensorflow/tfjs-core";
import type { ClipGeometry } from "@videoms/core";

/** Targets of a prediction. */
export interface ObjectiveTargets {
  /** Clip, tubelet and patch sizes. */
  geometry: ClipGeometry;
  /** Normalised pixels of the target tokens, [B, M, P]. */
  patches: tf.Tensor3D;
  /** Features of the target tokens, [B, M, D], from a network that sees the whole clip. */
  features?: tf.Tensor3D;
}

/** What the decoder of a masked autoencoder learns to predict. Its methods do not use `this`. */
export interface Objective {
  /** The plugin's name. */
  readonly name: string;
  /**
   * Whether {@linkcode ObjectiveTargets.features} must be given: those of a teacher, the EMA of the encoder.
   */
  readonly needsFeatures: boolean;
  /**
   * Values predicted per token, O.
   *
   * @param width of an encoder token, D
   * @throws {RangeError} if it cannot predict such clips
   */
  values(geometry: ClipGeometry, width: number): number;
  /**
   * The loss; only the prediction gets a gradient.
   *
   * @param prediction [B, M, O]
   */
  loss(prediction: tf.Tensor3D, targets: ObjectiveTargets): tf.Scalar;
  /** Turns predictions into pixels; absent if no pixels are predicted. */
  readonly picture?: ObjectivePicture;
}

/** Predictions as pixels. */
export interface ObjectivePicture {
  /** Whether predictions lack a patch's mean and std, which must then be given. */
  readonly needsStatistics: boolean;
  /**
   * Pixels in [0, 1], not clipped, of the predicted frames of each token.
   *
   * @param prediction [B, M, O]
   * @param statistics normalised pixels [B, M, P] whose mean and std are restored; null if they are predicted
   * too
   */
  pixels(
    prediction: tf.Tensor3D,
    statistics: tf.Tensor3D | null,
    geometry: ClipGeometry,
  ): tf.Tensor3D;
}

/**
 * The features, which must be given.
 *
 * @throws {TypeError} if they are missing
 */
export function requireFeatures(name: string, { features }: ObjectiveTargets): tf.Tensor3D {
  if (!features) {
    throw new TypeError(`Cannot train with objective "${name}": features must be given, got none`);
  }
  return features;
}
