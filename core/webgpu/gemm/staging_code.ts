import { threadsOf } from "./gemm_tile.ts";
import { type GemmOperand, operandsOf, readOperand } from "./gemm_operand.ts";
import type { GemmVariant } from "./gemm_variant.ts";

/** `fn readA(row, column)`: four values as {@linkcode readOperand} gives them, after gelu if asked for. */
function readFunction(variant: GemmVariant, operand: GemmOperand): string {
  const { name } = operand;
  const value = readOperand(variant, operand, true);
  return `fn read${name.toUpperCase()}(row: u32, column: u32) -> vec4<f32> {\n` +
    `  return ${name === "a" && variant.geluA ? `gelu(${value})` : value};\n}`;
}

/**
 * Statements by which the threads of a workgroup fill `tileA` and `tileB`, both [k, long]: plain rows if the
 * operand is stored like that, else transposed blocks of 4 × 4.
 */
function stageOperand(variant: GemmVariant, { name, direct, long }: GemmOperand): string[] {
  const { tile } = variant;
  const threads = threadsOf(tile);
  const capital = name.toUpperCase();
  const width = tile[long] / 4; // vectors of a row of the tile
  const slots = direct ? tile.k * width : tile.k / 4 * width;
  const store = (at: string, value: string) =>
    `tile${capital}[${at}] = ${variant.types.tile === "f16" ? `vec4<f16>(${value})` : value};`;
  const origin = `${long}0`;
  const lines: string[] = [];
  for (let first = 0; first < slots; first += threads) {
    const body = direct
      ? [
        store(
          "slot",
          `read${capital}(k0 + slot / ${width}u, ${origin} + 4u * (slot % ${width}u))`,
        ),
      ]
      : [
        `let across = slot % ${tile.k / 4}u;`,
        `let down = slot / ${tile.k / 4}u;`,
        ...[0, 1, 2, 3].map((i) =>
          `let r${i} = read${capital}(${origin} + 4u * down + ${i}u, k0 + 4u * across);`
        ),
        ...["x", "y", "z", "w"].map((axis, i) =>
          store(
            `(4u * across + ${i}u) * ${width}u + down`,
            `vec4<f32>(r0.${axis}, r1.${axis}, r2.${axis}, r3.${axis})`,
          )
        ),
      ];
    const isWhole = first + threads <= slots;
    lines.push(
      isWhole ? "{" : `if (local < ${slots - first}u) {`,
      `  let slot = local + ${first}u;`,
      ...body.map((line) => `  ${line}`),
      "}",
    );
  }
  return lines;
}

/** WGSL of the tiles in workgroup memory, and of reading operands. */
export function stagingFunctions(variant: GemmVariant): string {
  const { tile, types } = variant;
  return [
    `var<workgroup> tileA: array<vec4<${types.tile}>, ${tile.k * tile.m / 4}>;`,
    `var<workgroup> tileB: array<vec4<${types.tile}>, ${tile.k * tile.n / 4}>;`,
    ...operandsOf(variant).map((operand) => readFunction(variant, operand)),
  ].join("\n");
}

/** Statements that fill both tiles, starting at `k0`. */
export function stageTiles(variant: GemmVariant): string[] {
  return operandsOf(variant).flatMap((operand) => stageOperand(variant, operand));
}
