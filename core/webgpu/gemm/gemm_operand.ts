import { wgslType, widened } from "../value_type.ts";
import type { GemmVariant } from "./gemm_variant.ts";

/** An operand of a product, as it is stored. */
export interface GemmOperand {
  /** Name of the buffer; its tile is `tile` and the capital. */
  readonly name: "a" | "b";
  /** Whether it is stored [k, long], so that its rows lie along the long axis. */
  readonly direct: boolean;
  /** Size of the long axis (m of A, n of B), as the field of the uniforms. */
  readonly long: "m" | "n";
}

/** Both operands. */
export function operandsOf({ form }: GemmVariant): [GemmOperand, GemmOperand] {
  return [
    { name: "a", direct: form === "tn", long: "m" },
    { name: "b", direct: form !== "nt", long: "n" },
  ];
}

/**
 * WGSL expression of four adjacent values at `row` and `column` of the stored matrix, zero outside it, where
 * nothing is read.
 *
 * @param widen whether half-precision values are given as float32
 */
export function readOperand(
  variant: GemmVariant,
  { name, direct, long }: GemmOperand,
  widen: boolean,
): string {
  const [rowSize, columnSize] = direct ? ["k", long] as const : [long, "k"] as const;
  const checkRow = variant.edges[rowSize] && `row < u.${rowSize}`;
  const isVector = variant.vectors[name];
  const stored = variant.types[name];
  const value = (at: string, checkColumn: string | false) => {
    // `&&` would branch, and some compilers never come to the end of that many branches
    const condition = [checkRow, checkColumn].filter(Boolean).map((one) => `(${one})`).join(" & ");
    const place = condition ? `select(0u, ${at}, ${condition})` : at;
    const read = widen ? widened(stored, isVector, `${name}[${place}]`) : `${name}[${place}]`;
    const type = wgslType(widen ? "f32" : stored, isVector);
    return condition ? `select(${type}(), ${read}, ${condition})` : read;
  };
  if (isVector) {
    const check = variant.edges[columnSize] && `column < u.${columnSize}`;
    return value(`row * (u.${columnSize} / 4u) + column / 4u`, check);
  }
  // A row that is not a multiple of 4 is not a multiple of the tile either, so the last values are outside.
  const values = [0, 1, 2, 3].map((i) =>
    value(`row * u.${columnSize} + column + ${i}u`, `column + ${i}u < u.${columnSize}`)
  );
  return `${wgslType(widen ? "f32" : stored, true)}(${values.join(", ")})`;
}
