import { loadMatrix, multiplyAdd, storeMatrix } from "../matrix/matrix_code.ts";
import { biasFour, finishSum, partStart, writeColumnSums } from "./epilogue_code.ts";
import { operandsOf } from "./gemm_operand.ts";
import type { GemmVariant } from "./gemm_variant.ts";
import { stagedTile } from "./matrix_staging_code.ts";
import { stripNumbers, stripOf } from "./matrix_tile.ts";

/** The matrices of a subgroup's sums. */
function matricesOf(
  { tile: { rows, columns, unit } }: GemmVariant,
): { down: number; across: number } {
  return { down: rows / unit!.m, across: columns / unit!.n };
}

const sumName = (i: number, j: number): string => `sum${i}_${j}`;

/** Numbers from 0 to before `count`. */
function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** Condition of the subgroups that sum the columns of B: those with the first rows of the result. */
const HAS_COLUMN_SUMS = "m0 == 0u && subRow == 0u";

/** Declarations of a subgroup's sums, and of its sums of columns. */
export function declareSums(variant: GemmVariant): string[] {
  const { down, across } = matricesOf(variant);
  const names = upTo(down).flatMap((i) => upTo(across).map((j) => sumName(i, j)));
  const columns = variant.columnSums ? upTo(across).map((j) => `columnSum${j}`) : [];
  return [...names, ...columns].map((name) => `var ${name}: ResultMatrix;`);
}

/**
 * Statements that add the product of the staged tiles to the sums. Every matrix of sums gets its terms in
 * order of k, so that tiles of one unit give the same bits; columns are summed as products with ones.
 */
export function multiplyStaged(variant: GemmVariant): string[] {
  const { tile: { k, unit }, columnSums } = variant;
  const { down, across } = matricesOf(variant);
  const [a, b] = operandsOf(variant).map((operand) => stagedTile(variant, operand));
  // Numbers of workgroup memory are indexed by row and column as stored.
  const place = (order: string, stride: number, row: string, column: string) =>
    order === "row_major"
      ? `(${row}) * ${stride}u + ${column}`
      : `(${column}) * ${stride}u + ${row}`;
  const lines = [`for (var p = 0u; p < ${k}u; p += ${unit!.k}u) {`];
  for (const i of upTo(down)) {
    const at = place(a.order, a.stride, `subRow + ${i * unit!.m}u`, "p");
    lines.push(`  let left${i} = ${loadMatrix("LeftMatrix", a.array, at, a.stride, a.order)};`);
  }
  for (const j of upTo(across)) {
    const at = place(b.order, b.stride, "p", `subColumn + ${j * unit!.n}u`);
    const right = `right${j}`;
    lines.push(`  let ${right} = ${loadMatrix("RightMatrix", b.array, at, b.stride, b.order)};`);
    for (const i of upTo(down)) {
      lines.push(`  ${sumName(i, j)} = ${multiplyAdd(`left${i}`, right, sumName(i, j))};`);
    }
  }
  if (columnSums) {
    const sums = upTo(across).map((j) =>
      `    columnSum${j} = ${multiplyAdd("LeftMatrix(1.0h)", `right${j}`, `columnSum${j}`)};`
    );
    lines.push(`  if (${HAS_COLUMN_SUMS}) {`, ...sums, "  }");
  }
  return [...lines, "}"];
}

/** WGSL of four adjacent sums in workgroup memory. */
const FOUR_SUMS = "vec4<f32>(strips[at], strips[at + 1u], strips[at + 2u], strips[at + 3u])";

/**
 * WGSL of the strips in workgroup memory, `fn finishStrip`, by which the threads of a subgroup finish its
 * strip, and `fn finishColumns`, by which they write the first row of one as sums of columns.
 */
export function stripFunctions(variant: GemmVariant): string {
  const { tile, columnSums, bias } = variant;
  const { m, subgroupSize } = tile.unit!;
  const { columns, stride } = stripOf(tile);
  const width = columns / 4;
  const finish = `
var<workgroup> strips: array<f32, ${stripNumbers(tile, stride)}>;

fn finishStrip(lane: u32, start: u32, row0: u32, column0: u32, part: u32) {
  for (var slot = lane; slot < ${m * width}u; slot += ${subgroupSize}u) {
    let at = start + slot / ${width}u * ${stride}u + 4u * (slot % ${width}u);
    let column = column0 + 4u * (slot % ${width}u);
${bias ? `    let offset = ${biasFour(variant)};` : ""}
    let sums = ${FOUR_SUMS};
    ${finishSum(variant, `row0 + slot / ${width}u`, "sums")}
  }
}`;
  if (!columnSums) return finish;
  return `${finish}

fn finishColumns(lane: u32, start: u32, column0: u32, part: u32) {
  for (var slot = lane; slot < ${width}u; slot += ${subgroupSize}u) {
    let at = start + 4u * slot;
    let column = column0 + 4u * slot;
    let four = ${FOUR_SUMS};
${writeColumnSums(variant, "four").map((line) => `    ${line}`).join("\n")}
  }
}`;
}

/** Statements that write all sums, strip by strip through workgroup memory. */
export function finishMatrices(variant: GemmVariant): string[] {
  const { tile, columnSums } = variant;
  const { m, n } = tile.unit!;
  const { columns, stride } = stripOf(tile);
  const { down, across } = matricesOf(variant);
  const perStrip = columns / n;
  const lines = [
    `let part = ${partStart(variant)};`,
    `let start = subgroup * ${m * stride}u;`,
  ];
  const store = (names: string[]) =>
    names.map((name, j) => storeMatrix("strips", `start + ${j * n}u`, name, stride));
  for (let first = 0; first < across; first += perStrip) {
    const js = upTo(perStrip).map((j) => first + j);
    const column = `n0 + subColumn + ${first * n}u`;
    for (const i of upTo(down)) {
      lines.push(
        ...store(js.map((j) => sumName(i, j))),
        "workgroupBarrier();",
        `finishStrip(lane, start, m0 + subRow + ${i * m}u, ${column}, part);`,
        "workgroupBarrier();",
      );
    }
    if (!columnSums) continue;
    lines.push(
      `if (${HAS_COLUMN_SUMS}) {`,
      ...store(js.map((j) => `columnSum${j}`)).map((line) => `  ${line}`),
      "}",
      "workgroupBarrier();",
      `if (${HAS_COLUMN_SUMS}) { finishColumns(lane, start, ${column}, part); }`,
      "workgroupBarrier();",
    );
  }
  return lines;
}
