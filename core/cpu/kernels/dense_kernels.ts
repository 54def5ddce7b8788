import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import type { DenseKernels, LinearResidual } from "../../ops/kernels/dense_kernels.ts";
import { checkShape } from "../../ops/check_shape.ts";
import { type EngineContext, productWork } from "../engine_context.ts";

/** Time per value of GELU and of its gradient on one thread in ns. */
const GELU_WORK = 5;

/** Rows that share a factor. */
function rowsPerSample(rows: number, factors: Tensor1D): number {
  const perSample = rows / factors.size;
  if (!Number.isInteger(perSample)) {
    throw new RangeError(
      `Cannot run a scaled layer: the number of factors must divide the ${rows} rows, got ${factors.size}`,
    );
  }
  return perSample;
}

/** {@linkcode DenseKernels} on the heap. */
export function denseKernels({ heap, pool }: EngineContext): DenseKernels {
  const addressOrZero = (tensor: Tensor | null | undefined) => tensor ? heap.address(tensor) : 0;

  function checkLinear(x: Tensor2D, w: Tensor2D, b: Tensor1D | null): [number, number, number] {
    const [rows, inputs] = x.shape;
    const outputs = w.shape[1];
    checkShape("w", w, [inputs, outputs]);
    if (b) checkShape("b", b, [outputs]);
    return [rows, inputs, outputs];
  }

  return {
    linear(x, w, b, add?: LinearResidual) {
      const sizes = checkLinear(x, w, b);
      const [rows, inputs, outputs] = sizes;
      if (add) checkShape("residual", add.residual, [rows, outputs]);
      const perSample = add?.factors ? rowsPerSample(rows, add.factors) : rows;
      const y = heap.tensor<Tensor2D>([rows, outputs]);
      pool.run(
        "linear",
        productWork(rows, inputs, outputs),
        ...[heap.address(x), heap.address(w), addressOrZero(b)] as const,
        ...[addressOrZero(add?.residual), addressOrZero(add?.factors), perSample] as const,
        heap.address(y),
        ...sizes,
      );
      return y;
    },

    linearGradients(x, w, dy, needsDx) {
      const sizes = checkLinear(x, w, null);
      const [rows, inputs, outputs] = sizes;
      checkShape("dy", dy, [rows, outputs]);
      const dx = needsDx ? heap.tensor<Tensor2D>([rows, inputs]) : null;
      const dw = heap.tensor<Tensor2D>([inputs, outputs]);
      const db = heap.tensor<Tensor1D>([outputs]);
      pool.run(
        "linearGradients",
        productWork(rows, inputs, outputs),
        ...[heap.address(x), heap.address(w), heap.address(dy)] as const,
        ...[addressOrZero(dx), heap.address(dw), heap.address(db)] as const,
        ...sizes,
      );
      return { dx, dw, db };
    },

    linearGelu(x, w, b) {
      const sizes = checkLinear(x, w, b);
      const [rows, inputs, outputs] = sizes;
      const pre = heap.tensor<Tensor2D>([rows, outputs]);
      const y = heap.tensor<Tensor2D>([rows, outputs]);
      pool.run(
        "linearGelu",
        productWork(rows, inputs, outputs) + GELU_WORK * y.size,
        ...[heap.address(x), heap.address(w), heap.address(b)] as const,
        ...[heap.address(pre), heap.address(y)] as const,
        ...sizes,
      );
      return { pre, y };
    },

    geluLinearGradients(pre, w, dy) {
      const sizes = checkLinear(pre, w, null);
      const [rows, inputs, outputs] = sizes;
      checkShape("dy", dy, [rows, outputs]);
      const dx = heap.tensor<Tensor2D>([rows, inputs]);
      const dw = heap.tensor<Tensor2D>([inputs, outputs]);
      const db = heap.tensor<Tensor1D>([outputs]);
      const work = productWork(rows, inputs, outputs);
      const [atW, atDy] = [heap.address(w), heap.address(dy)];
      heap.withScratch(4 * pre.size, (activated) => {
        const outer = [heap.address(dx), activated] as const;
        pool.run("geluLinearInput", work, heap.address(pre), atW, atDy, ...outer, ...sizes);
        const weights = [heap.address(dw), heap.address(db)] as const;
        pool.run("linearGradients", work, activated, atW, atDy, 0, ...weights, ...sizes);
      });
      return { dx, dw, db };
    },

    scaleSamples(x, factors) {
      const [rows, width] = x.shape;
      const perSample = rowsPerSample(rows, factors);
      const y = heap.tensor<Tensor2D>(x.shape);
      const inputs = [heap.address(x), heap.address(factors)] as const;
      pool.run("scaleSamples", x.size, ...inputs, heap.address(y), rows, perSample, width);
      return y;
    },

    gelu<T extends Tensor>(x: T): T {
      const y = heap.tensor<T>(x.shape);
      pool.run("gelu", GELU_WORK * x.size, heap.address(x), heap.address(y), x.size);
      return y;
    },

    geluGradient<T extends Tensor>(x: T, dy: T): T {
      checkShape("dy", dy, x.shape);
      const dx = heap.tensor<T>(x.shape);
      const inputs = [heap.address(x), heap.address(dy)] as const;
      pool.run("geluGradient", GELU_WORK * x.size, ...inputs, heap.address(dx), x.size);
      return dx;
    },
  };
}
