import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import {
  type Device,
  type Kernels,
  openDevice,
  randomStream,
  referenceKernels,
} from "@videoms/core";
import { webgpuKernels } from "../../core/webgpu/webgpu_kernels.ts";
import { valuesOf } from "../backends.ts";
import { assertNear } from "./cpu_reference.ts";

/** Values of a tensor that is made on each of two backends; int32 if they are. */
export interface Input {
  values: Float32Array | Int32Array;
  shape: number[];
}

/** Normal float32 numbers, the same for the same name. */
export function normals(shape: number[], name: string): Input {
  const random = randomStream(3, name);
  const size = shape.reduce((a, b) => a * b, 1);
  return { values: Float32Array.from({ length: size }, () => random.normal()), shape };
}

/** For each of B samples, K of N rows, distinct and in any order: int32 [B, K]. */
export function distinctRows(batch: number, kept: number, rows: number, name: string): Input {
  const values = new Int32Array(batch * kept);
  for (let b = 0; b < batch; b++) {
    const keys = randomStream(3, name, b).uniforms(rows);
    const order = Int32Array.from(keys.keys()).sort((i, j) => keys[i] - keys[j]);
    values.set(order.subarray(0, kept), b * kept);
  }
  return { values, shape: [batch, kept] };
}

function tensorOf({ values, shape }: Input): tf.Tensor {
  return tf.tensor(values, shape, values instanceof Int32Array ? "int32" : "float32");
}

/** What kernels of the GPU are compared by. */
export interface Comparison {
  inputs: readonly Input[];
  /** Makes some tensors of the inputs. */
  run: (kernels: Kernels, inputs: tf.Tensor[]) => tf.Tensor[];
  /** How many dispatches that takes. */
  dispatches: number;
  /** Share of the largest value of a tensor. @default 0 */
  tolerance?: number;
  /** Compares values in another way. */
  compare?: (actual: Float32Array, expected: Float32Array) => void;
}

/**
 * Fails unless the GPU's own kernels make the same as stock operations on the CPU, with as many
 * dispatches as said, and the same bits a second time. Inputs are gone before the GPU begins.
 *
 * @returns the values that the GPU gave
 */
export async function compareWithOracle(
  { queue }: Device,
  { inputs, run, dispatches, tolerance = 0, compare }: Comparison,
): Promise<ArrayLike<number>[]> {
  const kernels = webgpuKernels(queue!);
  const onGpu = async () => {
    const tensors = inputs.map(tensorOf);
    const before = queue!.counts().dispatches;
    const results = run(kernels, tensors);
    assert.equal(queue!.counts().dispatches - before, dispatches, "dispatches");
    tf.dispose(tensors);
    queue!.flush();
    return { shapes: results.map(({ shape }) => shape), values: await valuesOfAll(results) };
  };
  const [once, again] = [await onGpu(), await onGpu()];
  assert.deepEqual(again.values, once.values);
  await openDevice({ backend: "cpu" });
  const tensors = inputs.map(tensorOf);
  const oracle = run(referenceKernels, tensors);
  assert.deepEqual(once.shapes, oracle.map(({ shape }) => shape));
  const expected = await valuesOfAll(oracle);
  tf.dispose(tensors);
  await tf.setBackend("webgpu");
  expected.forEach((values, i) => {
    if (compare) compare(once.values[i], values);
    else if (tolerance === 0) assert.deepEqual([...once.values[i]], [...values]);
    else assertNear(once.values[i], values, tolerance);
  });
  return once.values;
}

async function valuesOfAll(tensors: tf.Tensor[]): Promise<Float32Array[]> {
  const values: Float32Array[] = [];
  for (const tensor of tensors) values.push(await valuesOf(tensor));
  return values;
}
