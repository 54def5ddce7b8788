import { threadsOf } from "./gemm_tile.ts";
import { wgslType, widened } from "../value_type.ts";
import type { GemmVariant } from "./gemm_variant.ts";

/** Staging of one operand from its buffer into workgroup memory. */
interface Operand {
  /** Name of the buffer; its tile is `tile` and the capital. */
  readonly name: "a" | "b";
  /** Whether the tile's long axis is the buffer's row, that is, whether it is stored [k, long]. */
  readonly direct: boolean;
  /** Size of the long axis (m of A, n of B), as the field of the uniforms. */
  readonly long: "m" | "n";
}

function operands({ form }: GemmVariant): [Operand, Operand] {
  return [
    { name: "a", direct: form === "tn", long: "m" },
    { name: "b", direct: form !== "nt", long: "n" },
  ];
}

/** Condition that a value is inside the matrix, or null if it always is. */
function inside(conditions: (string | false)[]): string | null {
  const checks = conditions.filter((condition) => condition !== false);
  return checks.length === 0 ? null : checks.join(" && ");
}

/** `fn readA(row, column)`: four adjacent values of a row of the stored matrix, zero outside it. */
function readFunction(variant: GemmVariant, { name, direct, long }: Operand): string {
  const [rowSize, columnSize] = direct ? ["k", long] as const : [long, "k"] as const;
  const checkRow = variant.edges[rowSize] && `row < u.${rowSize}`;
  const isVector = variant.vectors[name];
  const value = (at: string, condition: string | null) => {
    const read = widened(variant.types[name], isVector, `${name}[${at}]`);
    return condition ? `select(${wgslType("f32", isVector)}(), ${read}, ${condition})` : read;
  };
  let result: string;
  if (isVector) {
    const check = inside([checkRow, variant.edges[columnSize] && `column < u.${columnSize}`]);
    result = value(`row * (u.${columnSize} / 4u) + column / 4u`, check);
  } else {
    // A row that is not a multiple of 4 is not a multiple of the tile either, so the last values are outside.
    const values = [0, 1, 2, 3].map((i) =>
      value(
        `row * u.${columnSize} + column + ${i}u`,
        inside([checkRow, `column + ${i}u < u.${columnSize}`]),
      )
    );
    result = `vec4<f32>(${values.join(", ")})`;
  }
  if (name === "a" && variant.geluA) result = `gelu(${result})`;
  return `fn read${name.toUpperCase()}(row: u32, column: u32) -> vec4<f32> {\n` +
    `  return ${result};\n}`;
}

/**
 * Statements by which the threads of a workgroup fill `tileA` and `tileB`, both [k, long]: plain rows if the
 * operand is stored like that, else transposed blocks of 4 × 4.
 */
function stageOperand(variant: GemmVariant, { name, direct, long }: Operand): string[] {
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
    ...operands(variant).map((operand) => readFunction(variant, operand)),
  ].join("\n");
}

/** Statements that fill both tiles, starting at `k0`. */
export function stageTiles(variant: GemmVariant): string[] {
  return operands(variant).flatMap((operand) => stageOperand(variant, operand));
}
