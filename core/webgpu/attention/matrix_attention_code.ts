import { loadMatrix, multiplyAdd, storeMatrix } from "../matrix/matrix_code.ts";
import { reduceCode } from "../reduce_code.ts";
import type { ShaderTarget } from "../shader.ts";
import type { MatrixLayout } from "./matrix_layout.ts";
import { range } from "./tile_code.ts";

type Lines = string[];

/** WGSL of functions of a row's threads: `sumRow` and `maxRow`. */
export function rowFunctions(
  { threads, lanesPerRow }: MatrixLayout,
  target: ShaderTarget,
): string {
  const row = { type: "f32", threads, lanes: lanesPerRow };
  return [
    reduceCode({ name: "sumRow", ...row }, target),
    reduceCode({ name: "maxRow", join: (a, b) => `max(${a}, ${b})`, ...row }, target),
  ].join("\n");
}

/** WGSL: the arrays of workgroup memory for tiles of rows of the other side, in half precision. */
export function tileArrays({ columns, stride }: MatrixLayout, ...names: string[]): string {
  return names.map((name) => `var<workgroup> ${name}: array<f16, ${columns * stride}>;`).join("\n");
}

/** WGSL: an array of workgroup memory, owned rows by rows of the other side. */
export function scoreArray({ rows, scoreStride }: MatrixLayout, name: string): string {
  return `var<workgroup> ${name}: array<f32, ${rows * scoreStride}>;`;
}

/** The same in half precision. */
export function weightArray({ rows, weightStride }: MatrixLayout, name: string): string {
  return `var<workgroup> ${name}: array<f16, ${rows * weightStride}>;`;
}

/**
 * Statements that declare `mine`, the thread's row among the owned ones, `part`, its place among the threads
 * of that row, and where the row's scores and weights start.
 */
export function placeThread(layout: MatrixLayout): Lines {
  const { unit, lanesPerRow, scoreStride, weightStride } = layout;
  return [
    `let mine = subgroup * ${unit.m}u + lane / ${lanesPerRow}u;`,
    `let part = lane % ${lanesPerRow}u;`,
    `let scoresAt = mine * ${scoreStride}u;`,
    `let weightsAt = mine * ${weightStride}u;`,
  ];
}

/**
 * Statements that copy as many rows of a head as a tile has into workgroup memory.
 *
 * @param read WGSL of the vector at (`row`, `quad`) of the tile
 */
export function stageTile(layout: MatrixLayout, array: string, read: string): Lines {
  const { columns, depth, quads, stride, threads } = layout;
  const isPadded = depth > 4 * quads;
  const place = `i % ${depth / 4}u`;
  return [
    `for (var i = local; i < ${columns * depth / 4}u; i += ${threads}u) {`,
    `  let row = i / ${depth / 4}u;`,
    `  let quad = ${isPadded ? `min(${place}, ${quads - 1}u)` : place};`,
    `  let at = row * ${stride}u + 4u * (${place});`,
    `  let x = vec4<f16>(${
      isPadded ? `select(vec4<f32>(), ${read}, ${place} < ${quads}u)` : read
    });`,
    ...range(4).map((lane) => `  ${array}[at + ${lane}u] = x[${lane}];`),
    "}",
  ];
}

/** Matrices of an owned row as left operands. */
function leftCount({ depth, unit }: MatrixLayout): number {
  return depth / unit.k;
}

/** Matrices of the sums of an owned row. */
function sumCount({ depth, unit }: MatrixLayout): number {
  return depth / unit.n;
}

/**
 * Statements that load the subgroup's owned rows as left operands `<name>0`, …, through tiles of workgroup
 * memory.
 *
 * @param owned name of the operands, array of the tile, WGSL of a vector of the rows from `from` on
 */
export function loadOwned(
  layout: MatrixLayout,
  owned: readonly (readonly [name: string, array: string, read: (from: string) => string])[],
): Lines {
  const { rows, columns, stride, unit } = layout;
  const count = leftCount(layout);
  const lines = owned.flatMap(([name]) => range(count).map((i) => `var ${name}${i}: LeftMatrix;`));
  for (let from = 0; from < rows; from += columns) {
    lines.push("workgroupBarrier();");
    for (const [, array, read] of owned) {
      lines.push(...stageTile(layout, array, read(`first + ${from}u`)));
    }
    lines.push("workgroupBarrier();");
    const isMine = `subgroup * ${unit.m}u / ${columns}u == ${from / columns}u`;
    const at = `(subgroup * ${unit.m}u - ${from}u) * ${stride}u`;
    lines.push(
      // The condition is the same for all threads of a subgroup.
      rows <= columns
        ? "{"
        : `@diagnostic(off, chromium.subgroup_matrix_uniformity) if (${isMine}) {`,
      ...owned.flatMap(([name, array]) =>
        range(count).map((i) => {
          const left = loadMatrix("LeftMatrix", array, `${at} + ${i * unit.k}u`, stride);
          return `${name}${i} = ${left};`;
        })
      ),
      "}",
    );
  }
  return lines;
}

/**
 * Statements that multiply the owned rows `<name>` by the first `count` rows of a tile, into an array of scores;
 * scores of others are left as they were.
 */
export function multiplyRows(
  layout: MatrixLayout,
  name: string,
  tile: string,
  scores: string,
): Lines {
  const { stride, scoreStride, unit } = layout;
  return [
    `for (var column = 0u; column < count; column += ${unit.n}u) {`,
    "  var sums = ResultMatrix();", // Dawn does not clear a variable in a loop without it
    ...range(leftCount(layout)).map((i) => {
      const at = `column * ${stride}u + ${i * unit.k}u`;
      const right = loadMatrix("RightMatrix", tile, at, stride, "col_major");
      return `sums = ${multiplyAdd(`${name}${i}`, right, "sums")};`;
    }),
    `  ${storeMatrix(scores, `subgroup * ${unit.m * scoreStride}u + column`, "sums", scoreStride)}`,
    "}",
  ];
}

/** Statements that declare the sums of {@linkcode addRows}. */
export function declareSums(layout: MatrixLayout, name: string): Lines {
  return range(sumCount(layout)).map((i) => `var ${name}${i}: ResultMatrix;`);
}

/** Statements that add the first `count` rows of a tile, each times its weight, to the sums `<name>`. */
export function addRows(layout: MatrixLayout, weights: string, tile: string, name: string): Lines {
  const { stride, weightStride, unit } = layout;
  const at = `subgroup * ${unit.m * weightStride}u + term`;
  return [
    `for (var term = 0u; term < count; term += ${unit.k}u) {`,
    `  let left = ${loadMatrix("LeftMatrix", weights, at, weightStride)};`,
    ...range(sumCount(layout)).map((i) => {
      const at = `term * ${stride}u + ${i * unit.n}u`;
      const right = loadMatrix("RightMatrix", tile, at, stride);
      return `${name}${i} = ${multiplyAdd("left", right, `${name}${i}`)};`;
    }),
    "}",
  ];
}

/**
 * Statements that lay out the sums `<name>` in the array `scores`, as many columns at a time as fit; all
 * threads of the workgroup must execute them.
 *
 * @param visit statements for the thread's row of the columns from `from` on
 * @param isReturned whether the sums are loaded again afterwards
 */
export function throughScores(
  layout: MatrixLayout,
  name: string,
  visit: (from: number, count: number) => Lines,
  isReturned = false,
): Lines {
  const { depth, columns, scoreStride, unit } = layout;
  const lines: Lines = [];
  for (let from = 0; from < depth; from += columns) {
    const count = Math.min(columns, depth - from);
    const place = (i: number) => `subgroup * ${unit.m * scoreStride}u + ${i * unit.n}u`;
    const sums = (i: number) => `${name}${from / unit.n + i}`;
    const matrices = count / unit.n;
    lines.push(
      "workgroupBarrier();",
      ...range(matrices).map((i) => storeMatrix("scores", place(i), sums(i), scoreStride)),
      "workgroupBarrier();",
      ...visit(from, count),
    );
    if (!isReturned) continue;
    lines.push(
      "workgroupBarrier();",
      ...range(matrices).map((i) =>
        `${sums(i)} = ${loadMatrix("ResultMatrix", "scores", place(i), scoreStride)};`
      ),
    );
  }
  return lines;
}

/**
 * Statements that write the sums `<name>` of each row.
 *
 * @param write a statement, given the row, the vector's number and its values
 */
export function writeSums(
  layout: MatrixLayout,
  name: string,
  write: (row: string, quad: string, sum: string) => string,
): Lines {
  return throughScores(layout, name, (from, count) => [
    `for (var quad = part; quad < ${count / 4}u; quad += ${layout.lanesPerRow}u) {`,
    "  let at = scoresAt + 4u * quad;",
    "  let sum = vec4<f32>(scores[at], scores[at + 1u], scores[at + 2u], scores[at + 3u]);",
    `  ${write("first + mine", `quad + ${from / 4}u`, "sum")}`,
    "}",
  ]);
}

/** Statements for each of the thread's scores, in column `j` of the tile. */
export function eachScore({ columns, lanesPerRow }: MatrixLayout, lines: Lines): Lines {
  return [
    `for (var j = part; j < ${columns}u; j += ${lanesPerRow}u) {`,
    ...lines.map((line) => `  ${line}`),
    "}",
  ];
}
