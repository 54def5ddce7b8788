import type * as tf from "@tensorflow/tfjs-core";
import type { GpuQueue } from "../gpu_queue.ts";

/** Number of 4-byte words for some bytes. */
export function wordsOf(bytes: number): number {
  return Math.ceil(bytes / 4);
}

/**
 * Uploads bytes to the GPU, four per word, the first in the lowest bits: an int32 tensor of {@linkcode
 * wordsOf} values. They are copied before this returns, and not kept on the host.
 */
export function packPixels(queue: GpuQueue, bytes: Uint8Array): tf.Tensor1D {
  const pixels = queue.tensor<tf.Tensor1D>([wordsOf(bytes.length)], "int32");
  // No recorded command uses the new tensor, so it may be written before they are submitted.
  const { buffer, offset } = queue.rangeOf(pixels);
  const whole = bytes.length - bytes.length % 4;
  const write = (at: number, part: Uint8Array<ArrayBuffer>): void => {
    if (part.length > 0) queue.device.queue.writeBuffer(buffer, offset + at, part);
  };
  const source = bytes as Uint8Array<ArrayBuffer>;
  write(0, source.subarray(0, whole));
  if (whole < bytes.length) {
    const last = new Uint8Array(4);
    last.set(bytes.subarray(whole));
    write(whole, last);
  }
  return pixels;
}
