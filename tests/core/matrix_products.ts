import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { randomStream } from "@videoms/core";
import type { GemmTile } from "../../core/webgpu/gemm/gemm_tile.ts";
import type { GpuQueue } from "../../core/webgpu/gpu_queue.ts";
import { type GemmCall, type GemmSizes, runGemm } from "../../core/webgpu/gemm/run_gemm.ts";
import { storeAs } from "../../core/webgpu/store_as.ts";
import type { ValueType } from "../../core/webgpu/value_type.ts";
import { valuesOf } from "../backends.ts";
import { assertNear, geluSlope, normalCdf, type Values } from "./cpu_reference.ts";

/** A product to compare with float64. */
export interface TestProduct {
  readonly sizes: GemmSizes;
  /** Storage types of a, b and the result. @default f32 */
  readonly types?: readonly [a: ValueType, b: ValueType, results: ValueType];
  readonly finish?: "gelu" | "residual" | "scaledResidual" | "geluSlope";
  readonly bias?: boolean;
  readonly geluA?: boolean;
  readonly columnSums?: boolean;
}

/** All forms, prologues and epilogues, with sizes that divide by nothing and ones that do. */
export const PRODUCTS: readonly TestProduct[] = [
  { sizes: { form: "nn", m: 33, n: 37, k: 41 } },
  { sizes: { form: "nt", m: 64, n: 64, k: 64 }, types: ["f16", "f16", "f16"] },
  { sizes: { form: "tn", m: 17, n: 31, k: 70 }, geluA: true, columnSums: true },
  {
    sizes: { form: "nn", m: 40, n: 44, k: 36 },
    bias: true,
    finish: "gelu",
    types: ["f16", "f32", "f16"],
  },
  { sizes: { form: "nn", m: 34, n: 36, k: 20 }, bias: true, finish: "residual" },
  { sizes: { form: "nn", m: 34, n: 35, k: 20 }, bias: true, finish: "scaledResidual" },
  { sizes: { form: "nt", m: 9, n: 36, k: 40 }, finish: "geluSlope", types: ["f32", "f32", "f16"] },
  { sizes: { form: "tn", m: 7, n: 12, k: 1100 }, columnSums: true, types: ["f16", "f16", "f32"] },
];

const gelu = (x: number): number => x * normalCdf(x);

function draws(size: number, purpose: string): Float32Array<ArrayBuffer> {
  return Float32Array.from(randomStream(7, purpose).uniforms(size), (draw) => 2 * draw - 1);
}

/** Values as a matrix unit takes them. */
function halves(values: Values): Float32Array {
  return Float32Array.from(new Float16Array(values));
}

/** C = op(A)·op(B) in float64, of operands rounded to half precision. */
function productOf({ form, m, n, k }: GemmSizes, a: Values, b: Values): Float64Array {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const factor = form === "tn" ? a[p * m + i] : a[i * k + p];
      for (let j = 0; j < n; j++) {
        c[i * n + j] += factor * (form === "nt" ? b[j * k + p] : b[p * n + j]);
      }
    }
  }
  return c;
}

/** What finishes do to a sum at an index of the result. */
const FINISHES: Record<
  NonNullable<TestProduct["finish"]>,
  (sum: number, other: number, isSecondHalf: boolean) => number
> = {
  gelu: (sum) => sum,
  residual: (sum, other) => other + sum,
  scaledResidual: (sum, other, isSecondHalf) => other + (isSecondHalf ? -0.5 : 1.25) * sum,
  geluSlope: (sum, other) => sum * geluSlope(other),
};

/** Runs a product with a tile and fails where it differs from float64. */
export async function checkProduct(
  queue: GpuQueue,
  tile: GemmTile,
  product: TestProduct,
): Promise<void> {
  const { sizes, types = ["f32", "f32", "f32"], finish, geluA, columnSums } = product;
  const { m, n, k } = sizes;
  const [a, b] = [draws(m * k, "a"), draws(k * n, "b")];
  const other = halves(draws(m * n, "other"));
  const bias = product.bias ? draws(n, "bias") : null;
  const stored = (values: Float32Array, type: ValueType): tf.Tensor =>
    tf.tidy(() => storeAs(queue, tf.tensor1d(values), type));
  const tensors = {
    a: stored(a, types[0]),
    b: stored(b, types[1]),
    other: tf.tensor2d(other, [m, n]),
    factors: tf.tensor1d([1.25, -0.5]),
    bias: bias && tf.tensor1d(bias),
  };
  const call: GemmCall = {
    sizes,
    a: tensors.a,
    b: tensors.b,
    bias: tensors.bias,
    finish: finishOf(finish, tensors.other, tensors.factors),
    geluA,
    columnSums,
    results: types[2],
  };
  const { c, y, sums } = runGemm(queue, tile, call);
  const left = types[0] === "f16" ? halves(a) : a;
  const right = halves(b);
  const plain = productOf(sizes, halves(geluA ? Float64Array.from(left, gelu) : left), right);
  const biased = plain.map((sum, i) => sum + (bias ? bias[i % n] : 0));
  const expected = finish
    ? biased.map((sum, i) => FINISHES[finish](sum, other[i], i >= m / 2 * n))
    : biased;
  const tolerance = types[2] === "f16" ? 2 ** -11 : 2e-6;
  const told = `${tile.name} ${JSON.stringify(product)}`;
  await near(c, expected, geluA ? 1e-4 : tolerance, told); // a value of gelu may be rounded the other way
  if (y) await near(y, biased.map(gelu), tolerance, told);
  if (sums) {
    const ones = new Float32Array(k).fill(1);
    await near(sums, productOf({ form: "nn", m: 1, n, k }, ones, right), 2e-6, told);
  }
  tf.dispose([tensors.a, tensors.b, tensors.other, tensors.factors, tensors.bias ?? []]);
}

function finishOf(
  finish: TestProduct["finish"],
  other: tf.Tensor2D,
  factors: tf.Tensor1D,
): GemmCall["finish"] {
  switch (finish) {
    case "residual":
      return { kind: "residual", residual: other };
    case "scaledResidual":
      return { kind: "residual", residual: other, factors };
    case "geluSlope":
      return { kind: "geluSlope", pre: other };
    default:
      return { kind: finish ?? "store" };
  }
}

async function near(
  tensor: tf.Tensor,
  expected: Values,
  tolerance: number,
  told: string,
): Promise<void> {
  try {
    assertNear(await valuesOf(tensor), expected, tolerance);
  } catch (error) {
    assert.fail(`${told}: ${(error as Error).message}`);
  }
}
