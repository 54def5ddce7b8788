import { widened } from "../value_type.ts";
import type { GemmVariant } from "./gemm_variant.ts";

/** Name of four sums in a thread's row, for columns 4j … 4j + 3. */
export function sumName(row: number, j: number): string {
  return `s${row}_${j}`;
}

/** A vector of a tile as float32. */
function tileVector({ types }: GemmVariant, at: string): string {
  return widened(types.tile, true, at);
}

/**
 * Statements that add the product of the two tiles to the sums, without a loop: naga adds bounds to every
 * loop, which keeps drivers from unrolling it.
 *
 * Threads own rows and columns in groups of four, a workgroup's width apart, so that adjacent threads read
 * adjacent vectors.
 */
export function multiplyTiles(variant: GemmVariant): string[] {
  const { m, n, k, rows, columns } = variant.tile;
  const lines: string[] = [];
  for (let p = 0; p < k; p++) {
    lines.push("{");
    for (let i = 0; i < rows / 4; i++) {
      const at = `tileA[y + ${p * m / 4 + i * m / rows}u]`;
      lines.push(`  let a${i} = ${tileVector(variant, at)};`);
    }
    for (let j = 0; j < columns / 4; j++) {
      const at = `tileB[x + ${p * n / 4 + j * n / columns}u]`;
      lines.push(`  let b${j} = ${tileVector(variant, at)};`);
    }
    for (let row = 0; row < rows; row++) {
      const factor = `vec4<f32>(a${row >> 2}.${"xyzw"[row & 3]})`;
      for (let j = 0; j < columns / 4; j++) {
        const sum = sumName(row, j);
        lines.push(`  ${sum} = fma(${factor}, b${j}, ${sum});`);
      }
    }
    lines.push("}");
  }
  return lines;
}

/**
 * Statements by which the workgroups of the first rows sum the columns of B's tile, always four rows at a
 * time, so that the choice of a tile never changes a result.
 */
export function addColumns(variant: GemmVariant): string[] {
  const width = variant.tile.n / 4;
  const lines = [`if (m0 == 0u && local < ${width}u) {`];
  for (let p = 0; p < variant.tile.k; p += 4) {
    const rows = [0, 1, 2, 3].map((i) => tileVector(variant, `tileB[local + ${(p + i) * width}u]`));
    lines.push(`  columnSum += (${rows[0]} + ${rows[1]}) + (${rows[2]} + ${rows[3]});`);
  }
  return [...lines, "}"];
}
