import type * as tf from "@tensorflow/tfjs-core";
import type { ClipGeometry } from "@videoms/core";

/** What a prediction is compared with. */
export interface ObjectiveTargets {
  /** Clip, tubelet and patch sizes. */
  geometry: ClipGeometry;
  /** Normalised pixels of the target tokens, [B, M, P]. */
  patches: tf.Tensor3D;
  /** Features of the target tokens, [B, M, D], from a network that saw the whole clip. */
  features?: tf.Tensor3D;
}

/** What the decoder of a masked autoencoder learns to predict. Its methods do not use `this`. */
export interface Objective {
  /** As the plugin is called. */
  readonly name: string;
  /**
   * Whether {@linkcode ObjectiveTargets.features} must be given: those of a teacher, which is the moving
   * average of the encoder.
   */
  readonly needsFeatures: boolean;
  /**
   * Values that are predicted of a token, O.
   *
   * @param width of an encoder token, D
   * @throws {RangeError} for clips that it cannot predict
   */
  values(geometry: ClipGeometry, width: number): number;
  /**
   * The loss; the gradient goes to the prediction only.
   *
   * @param prediction [B, M, O]
   */
  loss(prediction: tf.Tensor3D, targets: ObjectiveTargets): tf.Scalar;
  /** How a prediction becomes a picture; absent where no pixels are predicted. */
  readonly picture?: ObjectivePicture;
}

/** Predictions as pixels. */
export interface ObjectivePicture {
  /** Whether brightness and contrast of a patch are left open, and so must be taken from somewhere. */
  readonly needsStatistics: boolean;
  /**
   * Pixels in [0, 1], not clipped, of the frames that are predicted of a token.
   *
   * @param prediction [B, M, O]
   * @param statistics normalised pixels [B, M, P] whose brightness and contrast are given back; null where
   * they are predicted too
   */
  pixels(
    prediction: tf.Tensor3D,
    statistics: tf.Tensor3D | null,
    geometry: ClipGeometry,
  ): tf.Tensor3D;
}

/**
 * The features that must be given.
 *
 * @throws {TypeError} if they are missing
 */
export function requireFeatures(name: string, { features }: ObjectiveTargets): tf.Tensor3D {
  if (!features) {
    throw new TypeError(`Cannot compute the loss of "${name}": features must be given, got none`);
  }
  return features;
}
