import type { Tensor } from "@tensorflow/tfjs-core";

/** Reads the rows of a tensor [B, …], each as a copy. */
export async function hostRows<T extends Float32Array | Int32Array>(tensor: Tensor): Promise<T[]> {
  const values = await tensor.data() as T;
  const [batch] = tensor.shape;
  const size = values.length / batch;
  return Array.from({ length: batch }, (_, b) => values.slice(b * size, (b + 1) * size) as T);
}
