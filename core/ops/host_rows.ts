import type { Tensor } from "@tensorflow/tfjs-core";

/** The rows of a tensor [B, …] on the host, each a copy. */
export async function hostRows<T extends Float32Array | Int32Array>(tensor: Tensor): Promise<T[]> {
  const values = await tensor.data() as T;
  const [batch] = tensor.shape;
  const size = values.length / batch;
  return Array.from({ length: batch }, (_, b) => values.slice(b * size, (b + 1) * size) as T);
}
