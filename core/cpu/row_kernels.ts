import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import type { Kernels } from "../ops/kernels/kernels.ts";
import { checkShape } from "./check_shape.ts";
import type { Heap } from "./heap.ts";
import type { SimdKernels } from "./simd/simd_kernels.ts";

/** The part of {@linkcode Kernels} that works row by row or value by value, on the heap. */
export function rowKernels(
  heap: Heap,
  simd: SimdKernels,
): Pick<
  Kernels,
  "layerNorm" | "layerNormGradients" | "gelu" | "geluGradient" | "gatherRows" | "scatterRows"
> {
  return {
    layerNorm(x, scale, offset, epsilon) {
      const [rows, width] = x.shape;
      checkShape("scale", scale, [width]);
      checkShape("offset", offset, [width]);
      const y = heap.tensor<Tensor2D>(x.shape);
      const statistics = heap.tensor<Tensor2D>([rows, 2]);
      const inputs = [heap.address(x), heap.address(scale), heap.address(offset)] as const;
      simd.layerNorm(...inputs, heap.address(y), heap.address(statistics), rows, width, epsilon);
      return { y, statistics };
    },

    layerNormGradients(x, scale, statistics, dy, residual) {
      const [rows, width] = x.shape;
      checkShape("scale", scale, [width]);
      checkShape("statistics", statistics, [rows, 2]);
      checkShape("dy", dy, x.shape);
      const dx = heap.tensor<Tensor2D>(x.shape);
      const dScale = heap.tensor<Tensor1D>([width]);
      const dOffset = heap.tensor<Tensor1D>([width]);
      const [a, b, c, d] = [x, scale, statistics, dy].map((input) => heap.address(input));
      const outputs = [heap.address(dx), heap.address(dScale), heap.address(dOffset)] as const;
      simd.layerNormGradients(a, b, c, d, ...outputs, rows, width);
      if (!residual) return { dx, dScale, dOffset };
      const sum = tf.add(dx, residual) as Tensor2D;
      dx.dispose();
      return { dx: sum, dScale, dOffset };
    },

    gelu<T extends Tensor>(x: T): T {
      const y = heap.tensor<T>(x.shape);
      simd.gelu(heap.address(x), heap.address(y), x.size);
      return y;
    },

    geluGradient<T extends Tensor>(x: T, dy: T): T {
      checkShape("dy", dy, x.shape);
      const dx = heap.tensor<T>(x.shape);
      simd.geluGradient(heap.address(x), heap.address(dy), heap.address(dx), x.size);
      return dx;
    },

    gatherRows(x, index) {
      const [batch, rows, width] = x.shape;
      const count = index.shape[1];
      checkShape("index", index, [batch, count]);
      const at = heap.address(index);
      checkIndex("gather", heap, simd, at, batch * count, rows);
      const y = heap.tensor<Tensor3D>([batch, count, width]);
      const [from, to] = [heap.address(x), heap.address(y)];
      for (let b = 0; b < batch; b++) {
        const sample = from + 4 * b * rows * width;
        simd.gatherRows(sample, at + 4 * b * count, to + 4 * b * count * width, count, width);
      }
      return y;
    },

    scatterRows(x, index, rows) {
      const [batch, count, width] = x.shape;
      checkShape("index", index, [batch, count]);
      const at = heap.address(index);
      checkIndex("scatter", heap, simd, at, batch * count, rows);
      const y = heap.tensor<Tensor3D>([batch, rows, width]);
      const [from, to] = [heap.address(x), heap.address(y)];
      for (let b = 0; b < batch; b++) {
        const sample = from + 4 * b * count * width;
        const target = to + 4 * b * rows * width;
        simd.scatterRows(sample, at + 4 * b * count, target, count, rows, width);
      }
      return y;
    },
  };
}

/** An index outside the rows would read, or worse write, other tensors. */
function checkIndex(
  act: string,
  heap: Heap,
  simd: SimdKernels,
  at: number,
  count: number,
  rows: number,
): void {
  const bad = simd.findBadIndex(at, count, rows);
  if (bad < 0) return;
  const value = new Int32Array(heap.memory.buffer, at + 4 * bad, 1)[0];
  throw new RangeError(`Cannot ${act} rows: an index must be in 0 … ${rows - 1}, got ${value}`);
}
