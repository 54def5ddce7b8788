import * as tf from "@tensorflow/tfjs-core";
import type { GpuQueue } from "../gpu_queue.ts";
import type { GradientFactor, LossScale } from "../loss_scale.ts";
import type { ValueType } from "../value_type.ts";
import { flatGrid } from "../shader.ts";
import { type GemmTile, QUICK_TILE, tileCount } from "./gemm_tile.ts";
import type { GemmEpilogue, GemmForm, GemmTypes, GemmVariant } from "./gemm_variant.ts";
import { gemmShader } from "./gemm_shader.ts";
import { addParts, type KParts, splitK, wholeK } from "./split_k.ts";

/** Sizes of a product C [m, n] = op(A)·op(B) with sums of k terms. */
export interface GemmSizes {
  /** Which operands are stored transposed. */
  readonly form: GemmForm;
  /** Rows of the result. */
  readonly m: number;
  /** Columns of the result. */
  readonly n: number;
  /** Terms of each sum. */
  readonly k: number;
}

/** Properties of a product that affect its speed. */
export interface GemmProduct extends GemmSizes {
  /** Storage type of A. @default "f32" */
  readonly a?: ValueType;
  /** Storage type of B. @default "f32" */
  readonly b?: ValueType;
  /** Storage type of the result. @default "f32" */
  readonly results?: ValueType;
  /** Whether a matrix unit may multiply, which rounds operands to half precision. @default false */
  readonly mayRound?: boolean;
}

/** Postprocessing of the sums. */
export type GemmFinish =
  | { readonly kind: "store" | "gelu" }
  | {
    readonly kind: "residual";
    readonly residual: tf.TensorInfo;
    readonly factors?: tf.TensorInfo | null;
  }
  | { readonly kind: "geluSlope"; readonly pre: tf.TensorInfo };

/** A product to compute. */
export interface GemmCall {
  readonly sizes: GemmSizes;
  readonly a: tf.TensorInfo;
  readonly b: tf.TensorInfo;
  /** Added to each row, [n]. @default null */
  readonly bias?: tf.TensorInfo | null;
  /** @default { kind: "store" } */
  readonly finish?: GemmFinish;
  /** Uses gelu(A) instead of A. @default false */
  readonly geluA?: boolean;
  /** Also computes the column sums of B [k, n]; not for the form `nt`. @default false */
  readonly columnSums?: boolean;
  /** Storage type of c and y. @default "f32" */
  readonly results?: ValueType;
  /** The operand that is a gradient, if gradients in half precision are scaled. @default null */
  readonly gradient?: { readonly operand: "a" | "b"; readonly lossScale: LossScale } | null;
}

/** Result of a product. */
export interface GemmResult {
  /** [m, n]. */
  readonly c: tf.Tensor2D;
  /** gelu(C) [m, n], of the finish `gelu`. */
  readonly y: tf.Tensor2D | null;
  /** Column sums of B [n], if requested. */
  readonly sums: tf.Tensor1D | null;
}

const STORE: GemmFinish = { kind: "store" };

function epilogueOf(finish: GemmFinish): GemmEpilogue {
  return finish.kind === "residual" && finish.factors ? "scaledResidual" : finish.kind;
}

/**
 * Storage types of a product. Tiles are in half precision for a matrix unit, else if that is exact: if both
 * operands are and they are not transformed.
 */
function typesOf(
  queue: GpuQueue,
  { unit }: GemmTile,
  { a, b, geluA, finish = STORE, results = "f32" }: GemmCall,
): GemmTypes {
  const types = { a: queue.typeOf(a), b: queue.typeOf(b) };
  const isHalf = unit || types.a === "f16" && types.b === "f16" && !geluA;
  const pre = finish.kind === "geluSlope" ? queue.typeOf(finish.pre) : "f32";
  return { ...types, tile: isHalf ? "f16" : "f32", pre, results };
}

/** Factors of a gradient: of the operand as it is staged, and of the sums. */
interface Factors {
  readonly operand: GradientFactor | null;
  readonly sums: GradientFactor | null;
}

/**
 * The factors that keep the rule that gradients in half precision are scaled and others are not, also where
 * one in float32 is rounded for a matrix unit.
 */
function factorsOf({ gradient }: GemmCall, { unit }: GemmTile, types: GemmTypes): Factors {
  if (!gradient) return { operand: null, sums: null };
  const { operand, lossScale } = gradient;
  const staged = unit ? "f16" : types[operand];
  return {
    operand: lossScale.between(types[operand], staged),
    sums: lossScale.between(staged, types.results),
  };
}

/** Whether a size is not a multiple of the tile's; slow compilers get one shader for either. */
function hasEdge({ sizes }: GemmCall, tile: GemmTile, axis: "m" | "n" | "k"): boolean {
  return tile === QUICK_TILE || sizes[axis] % tile[axis] !== 0;
}

function variantOf(
  call: GemmCall,
  tile: GemmTile,
  parts: KParts,
  types: GemmTypes,
  factors: Factors,
): GemmVariant {
  const { sizes: { form, m, n, k }, finish = STORE } = call;
  const edge = (axis: "m" | "n" | "k") => hasEdge(call, tile, axis);
  const isWhole = (size: number) => size % 4 === 0;
  return {
    form,
    tile,
    geluA: call.geluA ?? false,
    bias: Boolean(call.bias),
    epilogue: parts.count > 1 ? "partial" : epilogueOf(finish),
    columnSums: call.columnSums ?? false,
    edges: { m: edge("m"), n: edge("n"), k: edge("k") },
    vectors: {
      a: isWhole(form === "tn" ? m : k),
      b: isWhole(form === "nt" ? k : n),
      c: isWhole(n),
    },
    types,
    factorPlace: factors.sums?.place ?? null,
    operandScale: factors.operand
      ? { operand: call.gradient!.operand, place: factors.operand.place }
      : null,
  };
}

/** Tensors that the finish reads, in the order of the shader's bindings. */
function finishInputs(finish: GemmFinish): tf.TensorInfo[] {
  if (finish.kind === "geluSlope") return [finish.pre];
  if (finish.kind !== "residual") return [];
  return finish.factors ? [finish.residual, finish.factors] : [finish.residual];
}

/** Rows that share a factor; at least 1, since a shader divides by it. */
function rowsPerSample({ sizes, finish = STORE }: GemmCall): number {
  if (finish.kind !== "residual" || !finish.factors) return 1;
  return Math.max(1, sizes.m / finish.factors.shape[0]);
}

/**
 * Records a matrix product with fused pre- and postprocessing in one dispatch; two if a long sum is split
 * ({@linkcode splitK}).
 */
export function runGemm(queue: GpuQueue, tile: GemmTile, call: GemmCall): GemmResult {
  const { sizes: { form, m, n, k }, finish = STORE, bias, gradient, results } = call;
  const y = finish.kind === "gelu" ? queue.tensor<tf.Tensor2D>([m, n], results) : null;
  if (k === 0 && m * n > 0) { // empty sums; there is nothing to bind
    const sums = call.columnSums ? tf.zeros([n]) as tf.Tensor1D : null;
    return { c: tf.zeros([m, n]), y, sums };
  }
  const c = queue.tensor<tf.Tensor2D>([m, n], results);
  const sums = call.columnSums ? queue.tensor<tf.Tensor1D>([n]) : null;
  const maySplit = form === "tn" && finish.kind === "store" && !bias;
  const parts = maySplit ? splitK(m, n, k) : wholeK(k);
  const isSplit = parts.count > 1;
  const partial = isSplit ? queue.tensor([parts.count, m + (sums ? 1 : 0), n]) : null;
  const outputs = partial ? [partial] : [c, ...(y ? [y] : []), ...(sums ? [sums] : [])];
  const [columns, rows] = flatGrid(tileCount(tile, m, n));
  const types = typesOf(queue, tile, call);
  const factors = factorsOf(call, tile, types);
  queue.run(
    gemmShader(variantOf(call, tile, parts, types, factors)),
    [
      call.a,
      call.b,
      ...(bias ? [bias] : []),
      ...finishInputs(finish),
      ...(factors.operand || factors.sums ? [gradient!.lossScale.numbers] : []),
      ...outputs,
    ],
    [m, n, k, parts.length, rowsPerSample(call)],
    [columns, rows, parts.count],
  );
  if (partial) {
    addParts(queue, partial, parts.count, c, sums);
    partial.dispose();
  }
  return { c, y, sums };
}
