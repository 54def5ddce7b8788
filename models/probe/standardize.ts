import * as tf from "@tensorflow/tfjs-core";
import { differentiable, type Initializer, type ParameterSpec, type Scope } from "@videoms/core";

/** Epsilon of MAE's linear probing batch norm. */
const EPSILON = 1e-6;

const ZERO: Initializer = { kind: "constant", value: 0 };
const ONE: Initializer = { kind: "constant", value: 1 };

/** The tensors of {@linkcode standardize}, initially the identity. */
export function standardSpecs(prefix: string, width: number): ParameterSpec[] {
  return [
    { name: `${prefix}.mean`, shape: [width], initializer: ZERO },
    { name: `${prefix}.scale`, shape: [width], initializer: ONE },
  ];
}

/**
 * Standardises each channel by fixed statistics, `(x − mean) · scale`, which are not learned and get a
 * gradient of 0.
 *
 * Pooled features vary little between videos and much between channels, so a linear classifier on them is
 * badly conditioned. MAE therefore probes behind a batch norm without learned parameters (He et al.: arXiv
 * 2111.06377, appendix A.1); statistics measured beforehand do the same independently of the batch.
 *
 * @param x [B, D]
 * @param p tensors of {@linkcode standardSpecs}
 * @returns [B, D]
 */
export function standardize(x: tf.Tensor2D, p: Scope): tf.Tensor2D {
  const [mean, scale] = [p<tf.Tensor1D>("mean"), p<tf.Tensor1D>("scale")];
  return differentiable<tf.Tensor2D>(
    [mean, scale],
    () => ({ value: tf.mul(tf.sub(x, mean), scale), saved: [mean, scale] }),
    (_, saved) => saved.map((one) => tf.zerosLike(one)),
  );
}

/**
 * Measures the statistics for {@linkcode standardize}.
 *
 * @param features row-major [V, D]
 * @param width D
 * @returns mean and scale, [D] each
 * @throws {RangeError} if there is no row or the values are not whole rows
 */
export function channelStandard(
  features: Float32Array,
  width: number,
): { mean: Float32Array; scale: Float32Array } {
  const rows = features.length / width;
  if (!Number.isInteger(rows) || rows < 1) {
    throw new RangeError(
      `Cannot prepare probe features: they must be whole rows of ${width}, got ${features.length} values`,
    );
  }
  const mean = new Float64Array(width);
  const squares = new Float64Array(width);
  features.forEach((value, i) => mean[i % width] += value / rows);
  features.forEach((value, i) => squares[i % width] += (value - mean[i % width]) ** 2 / rows);
  return {
    mean: Float32Array.from(mean),
    scale: Float32Array.from(squares, (variance) => 1 / Math.sqrt(variance + EPSILON)),
  };
}
