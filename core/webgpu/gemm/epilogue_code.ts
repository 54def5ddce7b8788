import { narrowed, type ValueType, widened } from "../value_type.ts";
import type { GemmEpilogue, GemmVariant } from "./gemm_variant.ts";
import { sumName } from "./product_code.ts";

const LANES = ["x", "y", "z", "w"];

/** WGSL: reads four adjacent values of a row, in a buffer as wide as the result, as float32. */
function readFour(
  { vectors, edges }: GemmVariant,
  name: string,
  row: string,
  type: ValueType = "f32",
): string {
  // Past the end of a row the last value is read, which is not used: there may be no memory beyond it.
  const within = (at: string, end: string) => edges.n ? `min(${at}, ${end} - 1u)` : at;
  if (vectors.c) {
    return widened(
      type,
      true,
      `${name}[${row} * (u.n / 4u) + ${within("column / 4u", "u.n / 4u")}]`,
    );
  }
  const values = LANES.map((_, i) =>
    widened(type, false, `${name}[${row} * u.n + ${within(`column + ${i}u`, "u.n")}]`)
  );
  return `vec4<f32>(${values.join(", ")})`;
}

/** Statements that write a float32 vector to four adjacent values; `at` counts values. */
function writeFour(
  { vectors }: GemmVariant,
  name: string,
  at: string,
  value: string,
  type: ValueType = "f32",
): string[] {
  if (vectors.c) return [`${name}[(${at}) / 4u] = ${narrowed(type, true, value)};`];
  return LANES.map((lane, i) => {
    const single = narrowed(type, false, `${value}.${lane}`);
    return `if (column + ${i}u < u.n) { ${name}[${at} + ${i}u] = ${single}; }`;
  });
}

/** WGSL expression of the result of a biased sum. */
const RESULTS: Record<GemmEpilogue, (variant: GemmVariant) => string> = {
  store: () => "sum",
  partial: () => "sum",
  gelu: () => "sum",
  residual: (variant) => `${readFour(variant, "residual", "row")} + sum`,
  scaledResidual: (variant) =>
    `fma(vec4<f32>(factors[row / u.rowsPerSample]), sum, ${readFour(variant, "residual", "row")})`,
  geluSlope: (variant) => `sum * geluSlope(${readFour(variant, "pre", "row", variant.types.pre)})`,
};

/** `fn finish(row, column, sum, part)`: writes four biased sums; `part` is the start of c. */
export function finishFunction(variant: GemmVariant): string {
  const { edges, epilogue, types } = variant;
  const type = epilogue === "partial" ? "f32" : types.results;
  const outside = [edges.m && "row >= u.m", edges.n && "column >= u.n"].filter(Boolean).join(
    " || ",
  );
  return [
    "fn finish(row: u32, column: u32, sum: vec4<f32>, part: u32) {",
    ...(outside ? [`  if (${outside}) { return; }`] : []),
    "  let at = part + row * u.n + column;",
    `  let result = ${RESULTS[epilogue](variant)};`,
    ...writeFour(variant, "c", "at", "result", type).map((line) => `  ${line}`),
    ...(epilogue === "gelu"
      ? ["  let activated = gelu(sum);", ...writeFour(variant, "y", "at", "activated", type)]
      : []),
    "}",
  ].join("\n");
}

/** WGSL: the number of values before the part of c that a workgroup along k writes. */
export function partStart({ epilogue, columnSums }: GemmVariant): string {
  if (epilogue !== "partial") return "0u";
  return columnSums ? "group.z * (u.m + 1u) * u.n" : "group.z * u.m * u.n";
}

/** WGSL of a sum times its factor. */
function scaled({ factorPlace }: GemmVariant, sum: string): string {
  return factorPlace === null ? sum : `${sum} * numbers[${factorPlace}]`;
}

/** WGSL of the bias of four columns. */
export function biasFour(variant: GemmVariant): string {
  return readFour(variant, "bias", "0u");
}

/** WGSL statement that scales four sums, adds their bias `offset` if there is one, and finishes them. */
export function finishSum(variant: GemmVariant, row: string, sum: string): string {
  const result = scaled(variant, sum) + (variant.bias ? " + offset" : "");
  return `finish(${row}, column, ${result}, part);`;
}

/** Statements that scale a thread's sums, add the bias to them and finish them. */
export function finishSums(variant: GemmVariant): string[] {
  const { m, n, rows, columns } = variant.tile;
  const lines = [`let part = ${partStart(variant)};`];
  for (let j = 0; j < columns / 4; j++) {
    lines.push("{", `  let column = n0 + 4u * x + ${4 * j * n / columns}u;`);
    if (variant.bias) lines.push(`  let offset = ${biasFour(variant)};`);
    for (let row = 0; row < rows; row++) {
      const place = `m0 + 4u * y + ${4 * (row >> 2) * m / rows + (row & 3)}u`;
      lines.push(`  ${finishSum(variant, place, sumName(row, j))}`);
    }
    lines.push("}");
  }
  return lines;
}

/** Statements that write four column sums at `column`, after the part of c if there are several. */
export function writeColumnSums(variant: GemmVariant, sums: string): string[] {
  const isPart = variant.epilogue === "partial";
  const at = isPart ? "part + u.m * u.n + column" : "column";
  return [
    "if (column < u.n) {",
    `  let total = ${scaled(variant, sums)};`,
    ...writeFour(variant, isPart ? "c" : "sums", at, "total").map((line) => `  ${line}`),
    "}",
  ];
}

/** Statements by which the threads that summed columns write them. */
export function finishColumns(variant: GemmVariant): string[] {
  return [
    `if (m0 == 0u && local < ${variant.tile.n / 4}u) {`,
    "  let column = n0 + 4u * local;",
    ...writeColumnSums(variant, "columnSum").map((line) => `  ${line}`),
    "}",
  ];
}
