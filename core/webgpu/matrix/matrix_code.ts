import type { MatrixUnit } from "./matrix_unit.ts";

/** WGSL types of the three matrices of a product, as {@linkcode matrixTypes} declares them. */
export type MatrixType = "LeftMatrix" | "RightMatrix" | "ResultMatrix";

/**
 * How a matrix is stored: `row_major` row after row, `col_major` column after column, that is, transposed.
 */
export type MatrixOrder = "row_major" | "col_major";

/** WGSL parameters of `main`: the subgroup within its workgroup and the thread within its subgroup. */
export const SUBGROUP_PARAMETERS =
  "@builtin(subgroup_id) subgroup: u32, @builtin(subgroup_invocation_id) lane: u32";

/** WGSL that declares the types of a unit's matrices; the shader must set `matrices`. */
export function matrixTypes({ m, n, k }: MatrixUnit): string {
  return `alias LeftMatrix = subgroup_matrix_left<f16, ${k}, ${m}>;
alias RightMatrix = subgroup_matrix_right<f16, ${n}, ${k}>;
alias ResultMatrix = subgroup_matrix_result<f32, ${n}, ${m}>;`;
}

/**
 * WGSL expression of a matrix in a buffer or workgroup memory, an array of its numbers. All threads of a
 * subgroup must execute it, with equal arguments.
 *
 * @param at index of its first number
 * @param stride numbers from one row (column, if `col_major`) to the next; a multiple of 16 bytes
 */
export function loadMatrix(
  type: MatrixType,
  array: string,
  at: string,
  stride: number | string,
  order: MatrixOrder = "row_major",
): string {
  return `subgroupMatrixLoad<${type}, ${order}>(&${array}, ${at}, ${uint(stride)})`;
}

/** WGSL expression of left · right + sums; all threads of a subgroup must execute it. */
export function multiplyAdd(left: string, right: string, sums: string): string {
  return `subgroupMatrixMultiplyAccumulate(${left}, ${right}, ${sums})`;
}

/** WGSL statement that writes a matrix; arguments as of {@linkcode loadMatrix}. */
export function storeMatrix(
  array: string,
  at: string,
  matrix: string,
  stride: number | string,
  order: MatrixOrder = "row_major",
): string {
  return `subgroupMatrixStore<${order}>(&${array}, ${at}, ${matrix}, ${uint(stride)});`;
}

function uint(stride: number | string): string {
  return typeof stride === "number" ? `${stride}u` : stride;
}
