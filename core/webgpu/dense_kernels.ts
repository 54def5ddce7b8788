import type * as tf from "@tensorflow/tfjs-core";
import { checkShape } from "../ops/check_shape.ts";
import type { DenseKernels } from "../ops/kernels/dense_kernels.ts";
import { gemmTuning } from "./autotune/gemm_tuning.ts";
import { elementwise } from "./gemm/elementwise.ts";
import { type GemmCall, type GemmFinish, type GemmResult, runGemm } from "./gemm/run_gemm.ts";
import type { GpuQueue } from "./gpu_queue.ts";
import { FLOAT_STORAGE, type ResultStorage } from "./loss_scale.ts";

/** Sizes of a dense layer, after checking that its tensors fit. */
function layerSizes(
  x: tf.Tensor2D,
  w: tf.Tensor2D,
): { rows: number; inputs: number; outputs: number } {
  const [rows, inputs] = x.shape;
  const outputs = w.shape[1];
  checkShape("w", w, [inputs, outputs]);
  return { rows, inputs, outputs };
}

/** Values of x that share a factor. */
function valuesPerSample(x: tf.Tensor2D, factors: tf.Tensor1D): number {
  const rows = x.shape[0] / factors.size;
  if (!Number.isInteger(rows)) {
    throw new RangeError(
      `Cannot run a scaled layer: rows must be a multiple of the factors, got ${
        x.shape[0]
      } rows and ${factors.size} factors`,
    );
  }
  return rows * x.shape[1];
}

/**
 * {@linkcode DenseKernels} on the GPU: a dense layer with everything fused is one dispatch; its gradients are
 * two, plus one if the sum over rows is split.
 */
export function denseKernels(
  queue: GpuQueue,
  { type, lossScale }: ResultStorage = FLOAT_STORAGE,
): DenseKernels {
  const tuning = gemmTuning(queue);
  const mayRound = lossScale !== null;

  function multiply(call: GemmCall, mayRound: boolean): GemmResult {
    const { sizes, a, b, results } = call;
    const product = { ...sizes, a: queue.typeOf(a), b: queue.typeOf(b), results, mayRound };
    return runGemm(queue, tuning.tile(product), call);
  }

  /**
   * A weight as a product reads it: its copy in half precision, if there is one and the product is in half
   * precision or may be rounded.
   */
  function weight(w: tf.Tensor2D, isRounded: boolean): tf.TensorInfo {
    const isHalf = type === "f16" || isRounded && queue.matrixUnits.length > 0;
    return (isHalf ? queue.memory.halfCopyOf(w) : null) ?? w;
  }

  /**
   * x · w + b, followed by `finish`. Outside blocks nothing is rounded, so that the tokens that are selected
   * by their embeddings are the same in either precision.
   */
  function forward(x: tf.Tensor2D, w: tf.Tensor2D, bias: tf.Tensor1D | null, finish: GemmFinish) {
    const { rows, inputs, outputs } = layerSizes(x, w);
    if (bias) checkShape("b", bias, [outputs]);
    const sizes = { form: "nn", m: rows, n: outputs, k: inputs } as const;
    const isRounded = mayRound && (type === "f16" || finish.kind === "residual");
    const call = { sizes, a: x, b: weight(w, isRounded), bias, finish, results: type };
    return multiply(call, isRounded);
  }

  /** dy · wᵀ, followed by `finish`. */
  function inputGradient(dy: tf.Tensor2D, w: tf.Tensor2D, finish: GemmFinish): tf.Tensor2D {
    const [inputs, outputs] = w.shape;
    const sizes = { form: "nt", m: dy.shape[0], n: inputs, k: outputs } as const;
    const gradient = lossScale && { operand: "a", lossScale } as const;
    const call = { sizes, a: dy, b: weight(w, mayRound), finish, results: type, gradient };
    return multiply(call, mayRound).c;
  }

  /** xᵀ · dy and the column sums of dy. */
  function weightGradients(x: tf.Tensor2D, dy: tf.Tensor2D, geluA: boolean) {
    const [rows, inputs] = x.shape;
    const sizes = { form: "tn", m: inputs, n: dy.shape[1], k: rows } as const;
    const gradient = lossScale && { operand: "b", lossScale } as const;
    const call = { sizes, a: x, b: dy, geluA, columnSums: true, gradient };
    const { c, sums } = multiply(call, mayRound);
    return { dw: c, db: sums! };
  }

  return {
    linear(x, w, b, add) {
      if (!add) return forward(x, w, b, { kind: "store" }).c;
      const { residual, factors } = add;
      checkShape("residual", residual, [x.shape[0], w.shape[1]]);
      if (factors) valuesPerSample(residual, factors);
      return forward(x, w, b, { kind: "residual", residual, factors }).c;
    },

    linearGradients(x, w, dy, needsDx) {
      const { rows, outputs } = layerSizes(x, w);
      checkShape("dy", dy, [rows, outputs]);
      const dx = needsDx ? inputGradient(dy, w, { kind: "store" }) : null;
      return { dx, ...weightGradients(x, dy, false) };
    },

    linearGelu(x, w, b) {
      const { c, y } = forward(x, w, b, { kind: "gelu" });
      return { pre: c, y: y! };
    },

    geluLinearGradients(pre, w, dy) {
      const { rows, outputs } = layerSizes(pre, w);
      checkShape("dy", dy, [rows, outputs]);
      const dx = inputGradient(dy, w, { kind: "geluSlope", pre });
      return { dx, ...weightGradients(pre, dy, true) };
    },

    scaleSamples: (x, factors) =>
      elementwise(queue, "scale", x, factors, valuesPerSample(x, factors)),

    gelu: (x) => elementwise(queue, "gelu", x),

    geluGradient(x, dy) {
      checkShape("dy", dy, x.shape);
      return elementwise(queue, "geluGradient", x, dy);
    },
  };
}
