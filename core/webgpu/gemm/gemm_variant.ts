import type { GemmTile } from "./gemm_tile.ts";

/**
 * Which operands of C = op(A)·op(B) are stored transposed: `nn` A [m, k], B [k, n]; `nt` A [m, k],
 * B [n, k]; `tn` A [k, m], B [k, n].
 */
export type GemmForm = "nn" | "nt" | "tn";

/** Type of stored values; half-precision ones are packed into float32 tensors, two to a number. */
export type ValueType = "f32" | "f16";

/**
 * What becomes of a sum s = op(A)·op(B) + bias:
 *
 * - `store`: c = s;
 * - `gelu`: c = s and y = gelu(s);
 * - `residual`: c = residual + s;
 * - `scaledResidual`: c = residual + factor·s, one factor for the rows of a sample;
 * - `geluSlope`: c = s·gelu'(pre);
 * - `partial`: c = the part of s that one of several workgroups along k has.
 */
export type GemmEpilogue =
  | "store"
  | "gelu"
  | "residual"
  | "scaledResidual"
  | "geluSlope"
  | "partial";

/** All that the code of a matrix product depends on. Sizes are uniforms. */
export interface GemmVariant {
  readonly form: GemmForm;
  readonly tile: GemmTile;
  /** Whether A is replaced by gelu(A) as it is read. */
  readonly geluA: boolean;
  /** Whether a bias [n] is added. */
  readonly bias: boolean;
  readonly epilogue: GemmEpilogue;
  /** Whether the column sums of B [k, n] are computed as well. */
  readonly columnSums: boolean;
  /** Which sizes are no multiple of the tile's. */
  readonly edges: { readonly m: boolean; readonly n: boolean; readonly k: boolean };
  /** Which buffers have rows of a multiple of 4 values, and are read and written four at a time. */
  readonly vectors: { readonly a: boolean; readonly b: boolean; readonly c: boolean };
  /** Types of A and B as they are stored, and of both in workgroup memory. Sums are float32. */
  readonly types: { readonly a: ValueType; readonly b: ValueType; readonly tile: ValueType };
}

/** Tells a variant from every other. */
export function variantKey(variant: GemmVariant): string {
  const { form, tile, geluA, bias, epilogue, columnSums, edges, vectors, types } = variant;
  const flags = [
    geluA,
    bias,
    columnSums,
    edges.m,
    edges.n,
    edges.k,
    vectors.a,
    vectors.b,
    vectors.c,
  ].map(Number).join("");
  return `gemm ${form} ${tile.name} ${epilogue} ${flags} ${types.a},${types.b},${types.tile}`;
}

/** Whether a variant's shader needs half-precision numbers. */
export function needsF16({ types }: GemmVariant): boolean {
  return types.a === "f16" || types.b === "f16" || types.tile === "f16";
}
