import * as tf from "@tensorflow/tfjs-core";
import { type EngineContext, productWork } from "./engine_context.ts";

/** Arguments of a kernel of tfjs's wasm backend. */
interface KernelCall<Inputs, Attributes> {
  inputs: Inputs;
  attrs: Attributes;
}

/** Replaces a kernel of the wasm backend. */
function replace<Inputs, Attributes>(
  kernelName: string,
  kernelFunc: (call: KernelCall<Inputs, Attributes>) => tf.TensorInfo,
): void {
  if (tf.getKernel(kernelName, "wasm")) tf.unregisterKernel(kernelName, "wasm");
  tf.registerKernel({
    kernelName,
    backendName: "wasm",
    kernelFunc: kernelFunc as unknown as tf.KernelFunc,
  });
}

/**
 * Replaces two kernels of tfjs's wasm backend that ordinary tensor code uses:
 *
 * - `Identity` shares values with reference counting, as in tfjs's other backends. The stock one copies,
 *   and the gradient tape clones everything it saves.
 * - `BatchMatMul` uses the engine's product. The stock one is slow for transposed operands.
 */
export function replaceStockKernels(context: EngineContext): void {
  replace<{ x: tf.TensorInfo }, unknown>(
    tf.Identity,
    ({ inputs: { x } }) => context.heap.share(x),
  );
  replace<{ a: tf.TensorInfo; b: tf.TensorInfo }, tf.BatchMatMulAttrs>(
    tf.BatchMatMul,
    ({ inputs: { a, b }, attrs }) => batchMatMul(context, a, b, attrs),
  );
}

function batchMatMul(
  { heap, pool }: EngineContext,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  { transposeA, transposeB }: tf.BatchMatMulAttrs,
): tf.TensorInfo {
  const [rowsA, columnsA] = a.shape.slice(-2);
  const [rowsB, columnsB] = b.shape.slice(-2);
  const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const [inner, n] = transposeB ? [columnsB, rowsB] : [rowsB, columnsB];
  if (k !== inner || a.dtype !== "float32" || b.dtype !== "float32") {
    throw new RangeError(
      `Cannot run a matrix product: inner sizes must agree and values be float32, ` +
        `got ${a.dtype} [${a.shape}] and ${b.dtype} [${b.shape}]`,
    );
  }
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
  const out = heap.output([...batch, m, n]);
  const [atA, atB, atOut] = [heap.address(a), heap.address(b), heap.address(out)];
  const count = tf.util.sizeFromShape(batch);
  for (let i = 0; i < count; i++) {
    const left = atA + 4 * m * k * operand(i, batch, batchA);
    const right = atB + 4 * k * n * operand(i, batch, batchB);
    pool.run(
      "product",
      productWork(m, n, k),
      ...[m, n, k, left, columnsA, transposeA ? 1 : 0] as const,
      ...[right, columnsB, transposeB ? 1 : 0, atOut + 4 * m * n * i] as const,
    );
  }
  return out;
}

/** Index of the operand matrix, with batch axes `own`, for matrix `i` of `batch`. */
function operand(i: number, batch: readonly number[], own: readonly number[]): number {
  let place = 0;
  let step = 1;
  for (let axis = own.length - 1, full = batch.length - 1; axis >= 0; axis--, full--) {
    if (own[axis] !== 1) {
      place += step * (i % batch[full]);
      step *= own[axis];
    }
    i = Math.floor(i / batch[full]);
  }
  return place;
}
