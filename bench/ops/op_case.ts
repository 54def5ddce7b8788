import * as tf from "@tensorflow/tfjs-core";
import { type ClipGeometry, type Kernels, randomStream } from "@videoms/core";

/** Sizes of a stack's work in a training step. */
export interface OpSizes {
  geometry: ClipGeometry;
  batch: number;
  /** Tokens of a clip that go through the stack. */
  tokens: number;
  width: number;
  heads: number;
}

/** An operation at a model's sizes. */
export interface OpCase {
  readonly name: string;
  /** Makes inputs on the current backend; the same values on every one. */
  inputs(kernels: Kernels): tf.Tensor[];
  /** Runs it; gives what is to be compared. */
  run(kernels: Kernels, inputs: tf.Tensor[]): tf.Tensor[];
}

/** An {@linkcode OpCase} whose inputs have their ranks. */
export function opCase<Inputs extends [] | tf.Tensor[]>(
  name: string,
  inputs: (kernels: Kernels) => Inputs,
  run: (kernels: Kernels, inputs: Inputs) => tf.Tensor[],
): OpCase {
  return { name, inputs, run: (kernels, given) => run(kernels, given as Inputs) };
}

function draw(shape: readonly number[], name: string, scale: number): Float32Array {
  const random = randomStream(3, name);
  const size = shape.reduce((a, b) => a * b);
  return Float32Array.from({ length: size }, () => scale * random.normal());
}

/** Normal numbers [size], others for every name. */
export function vector(size: number, name: string): tf.Tensor1D {
  return tf.tensor1d(draw([size], name, 1));
}

/** Normal numbers [rows, columns], others for every name. */
export function matrix(rows: number, columns: number, name: string): tf.Tensor2D {
  return tf.tensor2d(draw([rows, columns], name, 1), [rows, columns]);
}

/** Normal numbers of the given shape, others for every name. */
export function cube(shape: [number, number, number], name: string): tf.Tensor3D {
  return tf.tensor3d(draw(shape, name, 1), shape);
}

/** A weight [rows, columns] whose product keeps the scale of what it is multiplied with. */
export function weight(rows: number, columns: number): tf.Tensor2D {
  return tf.tensor2d(draw([rows, columns], "weight", 1 / Math.sqrt(rows)), [rows, columns]);
}

/** The same row of whole numbers for every sample, int32 [batch, row]. */
export function sameRows(batch: number, row: readonly number[]): tf.Tensor2D {
  return tf.tensor2d(Array.from({ length: batch }, () => [...row]), [batch, row.length], "int32");
}

/** Distinct ascending indices of `of`, spread evenly, int32 [batch, count]. */
export function spread(batch: number, count: number, of: number): tf.Tensor2D {
  return sameRows(batch, Array.from({ length: count }, (_, i) => Math.floor(i * of / count)));
}
