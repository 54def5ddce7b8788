import type { MatrixOrder } from "../matrix/matrix_code.ts";
import { wgslType } from "../value_type.ts";
import { type GemmOperand, operandsOf, readOperand } from "./gemm_operand.ts";
import { threadsOf } from "./gemm_tile.ts";
import type { GemmVariant } from "./gemm_variant.ts";
import { ROW_PADDING } from "./matrix_tile.ts";

/** An operand's tile in workgroup memory, stored in the order of its buffer. */
export interface StagedTile {
  /** Name of the array. */
  readonly array: string;
  /** Rows as stored. */
  readonly rows: number;
  /** Columns as stored. */
  readonly columns: number;
  /** Numbers from row to row. */
  readonly stride: number;
  /** How a unit loads its matrices from it: [m, k] of A, [k, n] of B. */
  readonly order: MatrixOrder;
}

/** The tile of an operand. */
export function stagedTile({ tile }: GemmVariant, operand: GemmOperand): StagedTile {
  const { name, direct, long } = operand;
  const [rows, columns] = direct ? [tile.k, tile[long]] : [tile[long], tile.k];
  return {
    array: `tile${name.toUpperCase()}`,
    rows,
    columns,
    stride: columns + ROW_PADDING,
    order: direct === (name === "b") ? "row_major" : "col_major",
  };
}

/** `fn halfA(values)`: four values as stored, after gelu and times the loss scale, in half precision. */
function halfFunction(variant: GemmVariant, { name }: GemmOperand): string {
  const { types, geluA, operandScale } = variant;
  const stored = types[name];
  const isGelu = name === "a" && geluA;
  const isScaled = operandScale?.operand === name;
  let result = "values";
  if (stored === "f32" || isGelu || isScaled) {
    if (stored === "f16") result = `vec4<f32>(${result})`;
    if (isGelu) result = `gelu(${result})`;
    if (isScaled) result = `numbers[${operandScale.place}] * ${result}`;
    result = `halves(${result})`;
  }
  return `fn half${name.toUpperCase()}(values: ${wgslType(stored, true)}) -> vec4<f16> {\n` +
    `  return ${result};\n}`;
}

/** `fn fetchA(row, column)`: four values as stored. */
function fetchFunction(variant: GemmVariant, operand: GemmOperand): string {
  const { name } = operand;
  const type = wgslType(variant.types[name], true);
  return `fn fetch${name.toUpperCase()}(row: u32, column: u32) -> ${type} {\n` +
    `  return ${readOperand(variant, operand, false)};\n}`;
}

/** A thread's share of the vectors of a tile. */
interface Share {
  readonly variable: string;
  /** WGSL of the vector's row and column within the tile. */
  readonly row: string;
  readonly column: string;
  /** Condition that the vector exists, or null if it does in every thread. */
  readonly guard: string | null;
}

function sharesOf(variant: GemmVariant, operand: GemmOperand): Share[] {
  const { rows, columns } = stagedTile(variant, operand);
  const threads = threadsOf(variant.tile);
  const vectors = rows * columns / 4;
  const width = columns / 4;
  const shares: Share[] = [];
  for (let first = 0; first < vectors; first += threads) {
    shares.push({
      variable: `${operand.name}${shares.length}`,
      row: `(local + ${first}u) / ${width}u`,
      column: `4u * ((local + ${first}u) % ${width}u)`,
      guard: first + threads <= vectors ? null : `local < ${vectors - first}u`,
    });
  }
  return shares;
}

/** WGSL of the tiles in workgroup memory, and of reading and rounding operands. */
export function matrixStagingFunctions(variant: GemmVariant): string {
  return operandsOf(variant).flatMap((operand) => {
    const { array, rows, stride } = stagedTile(variant, operand);
    return [
      `var<workgroup> ${array}: array<f16, ${rows * stride}>;`,
      fetchFunction(variant, operand),
      halfFunction(variant, operand),
    ];
  }).join("\n");
}

/** Declarations of what a thread fetches ahead. */
export function declareFetched(variant: GemmVariant): string[] {
  return operandsOf(variant).flatMap((operand) =>
    sharesOf(variant, operand).map(({ variable }) =>
      `var ${variable}: ${wgslType(variant.types[operand.name], true)};`
    )
  );
}

/** WGSL of the row and column of the stored matrix at which a tile begins. */
function originOf({ direct, long }: GemmOperand, start: string): [row: string, column: string] {
  return direct ? [start, `${long}0`] : [`${long}0`, start];
}

/** Statements that write the vector `four` into a tile at its `row` and `column`. */
function writeFour({ array, stride }: StagedTile, row: string, column: string): string[] {
  return [
    `let at = ${row} * ${stride}u + ${column};`,
    ...["x", "y", "z", "w"].map((lane, i) => `${array}[at + ${i}u] = four.${lane};`),
  ];
}

/**
 * Statements that fill both tiles, starting at `k0`, in a loop with few statements: of tiles that are not
 * fetched ahead, which some drivers would take seconds to compile.
 */
export function stageMatrices(variant: GemmVariant): string[] {
  const threads = threadsOf(variant.tile);
  return operandsOf(variant).flatMap((operand) => {
    const staged = stagedTile(variant, operand);
    const [row0, column0] = originOf(operand, "k0");
    const capital = operand.name.toUpperCase();
    const width = staged.columns / 4;
    return [
      `for (var slot = local; slot < ${staged.rows * width}u; slot += ${threads}u) {`,
      `  let row = slot / ${width}u;`,
      `  let column = 4u * (slot % ${width}u);`,
      `  let four = half${capital}(fetch${capital}(${row0} + row, ${column0} + column));`,
      ...writeFour(staged, "row", "column").map((line) => `  ${line}`),
      "}",
    ];
  });
}

/** Statements that fetch a thread's share of both tiles, starting at `start` of k. */
export function fetchTiles(variant: GemmVariant, start: string): string[] {
  return operandsOf(variant).flatMap((operand) => {
    const [row0, column0] = originOf(operand, start);
    const fetch = `fetch${operand.name.toUpperCase()}`;
    return sharesOf(variant, operand).map(({ variable, row, column, guard }) => {
      const statement = `${variable} = ${fetch}(${row0} + ${row}, ${column0} + ${column});`;
      return guard ? `if (${guard}) { ${statement} }` : statement;
    });
  });
}

/** Statements that round what was fetched ahead and write it into the tiles. */
export function stageFetched(variant: GemmVariant): string[] {
  return operandsOf(variant).flatMap((operand) => {
    const staged = stagedTile(variant, operand);
    return sharesOf(variant, operand).flatMap(({ variable, row, column, guard }) => [
      guard ? `if (${guard}) {` : "{",
      `  let four = half${operand.name.toUpperCase()}(${variable});`,
      ...writeFour(staged, row, column).map((line) => `  ${line}`),
      "}",
    ]);
  });
}
