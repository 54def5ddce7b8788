import type { Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import type { NormKernels } from "../../ops/kernels/norm_kernels.ts";
import { checkShape } from "../../ops/check_shape.ts";
import type { EngineContext } from "../engine_context.ts";

/** {@linkcode NormKernels} on the heap. */
export function normKernels({ heap, pool }: EngineContext): NormKernels {
  return {
    layerNorm(x, scale, offset, epsilon) {
      const [rows, width] = x.shape;
      checkShape("scale", scale, [width]);
      checkShape("offset", offset, [width]);
      const y = heap.tensor<Tensor2D>(x.shape);
      const statistics = heap.tensor<Tensor2D>([rows, 2]);
      const inputs = [heap.address(x), heap.address(scale), heap.address(offset)] as const;
      const outputs = [heap.address(y), heap.address(statistics)] as const;
      pool.run("layerNorm", x.size, ...inputs, ...outputs, rows, width, epsilon);
      return { y, statistics };
    },

    layerNormGradients(x, scale, statistics, dy, residual) {
      const [rows, width] = x.shape;
      checkShape("scale", scale, [width]);
      checkShape("statistics", statistics, [rows, 2]);
      checkShape("dy", dy, x.shape);
      if (residual) checkShape("residual", residual, x.shape);
      const dx = heap.tensor<Tensor2D>(x.shape);
      const dScale = heap.tensor<Tensor1D>([width]);
      const dOffset = heap.tensor<Tensor1D>([width]);
      pool.run(
        "layerNormGradients",
        2 * x.size,
        ...[heap.address(x), heap.address(scale), heap.address(statistics)] as const,
        ...[heap.address(dy), residual ? heap.address(residual) : 0] as const,
        ...[heap.address(dx), heap.address(dScale), heap.address(dOffset)] as const,
        ...[rows, width] as const,
      );
      return { dx, dScale, dOffset };
    },
  };
}
