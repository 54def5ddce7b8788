import * as tf from "@tensorflow/tfjs-core";
import type { RandomStream } from "@videoms/core";

/** Rows of `length` indices each as an int32 tensor [rows, length]; each row is sorted in place. */
export function indexTensor(rows: readonly Int32Array[], length: number): tf.Tensor2D {
  const values = new Int32Array(rows.length * length);
  rows.forEach((row, b) => values.set(row.sort(), b * length));
  return tf.tensor2d(values, [rows.length, length], "int32");
}

/**
 * Checks that there is one random stream per clip.
 *
 * @throws {RangeError} if the counts differ
 */
export function checkStreams(random: readonly RandomStream[], batch: number): void {
  if (random.length !== batch) {
    throw new RangeError(
      `Cannot run token selection: there must be one random stream per clip, ` +
        `got ${random.length} for ${batch} clips`,
    );
  }
}
