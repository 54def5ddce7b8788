import * as tf from "@tensorflow/tfjs-core";
import type { Initializer, Parameters, ParameterSpec } from "@videoms/core";
import type { StackOptions } from "./blocks.ts";

const INITIALIZER: Initializer = { kind: "truncated-normal", std: 0.02, limit: 2 };

/** The learned tokens of an encoder that are of no place. */
export function extraTokenSpecs(
  { width, classToken, registers = 0 }: StackOptions,
): ParameterSpec[] {
  return [
    ...classToken ? [{ name: "encoder.classToken", shape: [width], initializer: INITIALIZER }] : [],
    ...registers > 0
      ? [{
        name: "encoder.registers",
        shape: [registers, width],
        initializer: INITIALIZER,
        decays: false,
      }]
      : [],
  ];
}

/** Tokens [B, K, D] after the class token and the registers: [B, E + K, D]. */
export function withExtraTokens(
  x: tf.Tensor3D,
  parameters: Parameters,
  { classToken, registers = 0 }: StackOptions,
): tf.Tensor3D {
  const [batch, , width] = x.shape;
  const rows = [
    ...classToken ? [parameters.get<tf.Tensor>("encoder.classToken")] : [],
    ...registers > 0 ? [parameters.get<tf.Tensor>("encoder.registers")] : [],
  ];
  if (rows.length === 0) return x;
  const tokens = rows.map((row) => tf.tile(tf.reshape(row, [1, -1, width]), [batch, 1, 1]));
  return tf.concat([...tokens, x], 1) as tf.Tensor3D;
}
