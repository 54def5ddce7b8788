import { add, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import type { LinearResidual } from "../ops/kernels/dense_kernels.ts";
import type { Kernels } from "../ops/kernels/kernels.ts";
import { plainKernels } from "../ops/plain/plain_kernels.ts";
import { tidy } from "../ops/tidy.ts";
import { checkShape } from "./check_shape.ts";
import type { Heap } from "./heap.ts";
import type { MatMul } from "./matmul.ts";
import type { SimdKernels } from "./simd/simd_kernels.ts";

function addResidual(y: Tensor2D, { residual, factors }: LinearResidual): Tensor2D {
  return tidy(() => {
    const sum: Tensor2D = add(residual, factors ? plainKernels.scaleSamples(y, factors) : y);
    y.dispose();
    return sum;
  });
}

/** {@linkcode Kernels.linear} and its gradients on the heap. */
export function linearKernels(
  heap: Heap,
  simd: SimdKernels,
  matMul: MatMul,
): Pick<Kernels, "linear" | "linearGradients"> {
  return {
    linear(x, w, b, residual) {
      const [rows, inputs] = x.shape;
      const outputs = w.shape[1];
      checkShape("w", w, [inputs, outputs]);
      if (b) checkShape("b", b, [outputs]);
      const y = heap.tensor<Tensor2D>([rows, outputs]);
      const at = heap.address(y);
      if (b) simd.fillRows(heap.address(b), at, rows, outputs);
      matMul(
        { m: rows, n: outputs, k: inputs },
        { at: heap.address(x), stride: inputs },
        { at: heap.address(w), stride: outputs },
        { at, stride: outputs },
        b !== null, // the product is added to the bias
      );
      return residual ? addResidual(y, residual) : y;
    },

    linearGradients(x, w, dy, needsDx) {
      const [rows, inputs] = x.shape;
      const outputs = w.shape[1];
      checkShape("w", w, [inputs, outputs]);
      checkShape("dy", dy, [rows, outputs]);
      const dx = needsDx ? heap.tensor<Tensor2D>([rows, inputs]) : null;
      const dw = heap.tensor<Tensor2D>([inputs, outputs]);
      const db = heap.tensor<Tensor1D>([outputs]);
      const gradient = { at: heap.address(dy), stride: outputs };
      if (dx) {
        matMul(
          { m: rows, n: inputs, k: outputs },
          gradient,
          { at: heap.address(w), stride: outputs, transposed: true },
          { at: heap.address(dx), stride: inputs },
        );
      }
      matMul(
        { m: inputs, n: outputs, k: rows },
        { at: heap.address(x), stride: inputs, transposed: true },
        gradient,
        { at: heap.address(dw), stride: outputs },
      );
      simd.sumRows(gradient.at, heap.address(db), rows, outputs);
      return { dx, dw, db };
    },
  };
}
