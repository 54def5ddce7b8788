import type { ValueType } from "../value_type.ts";
import type { GemmTile } from "./gemm_tile.ts";

/**
 * Which operands of C = op(A)·op(B) are stored transposed: `nn` A [m, k], B [k, n]; `nt` A [m, k],
 * B [n, k]; `tn` A [k, m], B [k, n].
 */
export type GemmForm = "nn" | "nt" | "tn";

/**
 * The result of a sum s = op(A)·op(B) + bias:
 *
 * - `store`: c = s;
 * - `gelu`: c = s and y = gelu(s);
 * - `residual`: c = residual + s;
 * - `scaledResidual`: c = residual + factor·s, one factor for the rows of a sample;
 * - `geluSlope`: c = s·gelu'(pre);
 * - `partial`: c = the part of s computed by one of several workgroups along k.
 */
export type GemmEpilogue =
  | "store"
  | "gelu"
  | "residual"
  | "scaledResidual"
  | "geluSlope"
  | "partial";

/** Storage types of a product. Sums are always float32. */
export interface GemmTypes {
  readonly a: ValueType;
  readonly b: ValueType;
  /** Both operands in workgroup memory. */
  readonly tile: ValueType;
  /** Input of the epilogue `geluSlope`. */
  readonly pre: ValueType;
  /** c and y; column sums are float32. */
  readonly results: ValueType;
}

/** Everything that the code of a matrix product depends on. Sizes are uniforms. */
export interface GemmVariant {
  readonly form: GemmForm;
  readonly tile: GemmTile;
  /** Whether A is replaced by gelu(A) as it is read. */
  readonly geluA: boolean;
  /** Whether a bias [n] is added. */
  readonly bias: boolean;
  readonly epilogue: GemmEpilogue;
  /** Whether the column sums of B [k, n] are also computed. */
  readonly columnSums: boolean;
  /** Which sizes are not multiples of the tile's. */
  readonly edges: { readonly m: boolean; readonly n: boolean; readonly k: boolean };
  /** Which buffers have rows of a multiple of 4 values and are accessed four at a time. */
  readonly vectors: { readonly a: boolean; readonly b: boolean; readonly c: boolean };
  readonly types: GemmTypes;
  /** Index of the factor of all sums in a buffer of numbers, or null for 1. */
  readonly factorPlace: number | null;
  /** Index of the factor of an operand, applied before it is rounded for a matrix unit; null for 1. */
  readonly operandScale: { readonly operand: "a" | "b"; readonly place: number } | null;
}

/** Unique key of a variant. */
export function variantKey(variant: GemmVariant): string {
  const { form, tile, geluA, bias, epilogue, columnSums, edges, vectors, types } = variant;
  const { factorPlace, operandScale } = variant;
  // Called for every product, so it avoids creating lists.
  const flags = `${+geluA}${+bias}${+columnSums}${+edges.m}${+edges.n}${+edges.k}` +
    `${+vectors.a}${+vectors.b}${+vectors.c}`;
  const stored = `${types.a},${types.b},${types.tile},${types.pre},${types.results}`;
  const scale = operandScale ? `${operandScale.operand}${operandScale.place}` : "";
  return `gemm ${form} ${tile.name} ${epilogue} ${flags} ${stored} ${factorPlace} ${scale}`;
}

/** Whether a variant's shader needs half-precision numbers. */
export function needsF16({ types }: GemmVariant): boolean {
  return Object.values(types).includes("f16");
}
