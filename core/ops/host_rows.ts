import type { Tensor } from "@tensorflow/tfjs-core";

/** Cuts values into rows of equal length, each a copy. */
export function splitRows<T extends Float32Array | Int32Array>(values: T, rows: number): T[] {
  const size = values.length / rows;
  return Array.from({ length: rows }, (_, b) => values.slice(b * size, (b + 1) * size) as T);
}

/** Rows of any lengths as one array, one after another. */
export function joinRows<T extends Float32Array | Int32Array>(
  type: new (length: number) => T,
  rows: readonly T[],
): T {
  const joined = new type(rows.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const row of rows) {
    joined.set(row, end);
    end += row.length;
  }
  return joined;
}

/** Reads the rows of a tensor [B, …], each as a copy. */
export async function hostRows<T extends Float32Array | Int32Array>(tensor: Tensor): Promise<T[]> {
  return splitRows(await tensor.data() as T, tensor.shape[0]);
}
