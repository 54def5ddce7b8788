import type * as tf from "@tensorflow/tfjs-core";
import { type Initializer, linear, type ParameterSpec, type Scope } from "@videoms/core";
import { denseSpecs } from "../backbone/vit_block.ts";

/** Initial weights of a probe's last layer, as in MAE's linear probing. */
const OUTPUT: Initializer = { kind: "truncated-normal", std: 0.01, limit: 2 };

/** The tensors of a probe's last layer. */
export function outputSpecs(prefix: string, width: number, classes: number): ParameterSpec[] {
  return denseSpecs(`${prefix}.output`, width, classes, () => OUTPUT);
}

/**
 * Class scores of a linear probe.
 *
 * @param features standardised [B, D]
 * @returns [B, classes]
 */
export function linearScores(features: tf.Tensor2D, p: Scope): tf.Tensor2D {
  return linear(features, p<tf.Tensor2D>("output.weight"), p<tf.Tensor1D>("output.bias"));
}
