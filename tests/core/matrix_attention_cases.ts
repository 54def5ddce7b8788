import * as tf from "@tensorflow/tfjs-core";
import { randomStream } from "@videoms/core";
import type { AttentionKernels } from "../../core/ops/kernels/attention_kernels.ts";
import { attentionKernels } from "../../core/webgpu/attention_kernels.ts";
import type { GpuQueue } from "../../core/webgpu/gpu_queue.ts";
import { storeAs } from "../../core/webgpu/store_as.ts";
import { valuesOf } from "../backends.ts";
import { attention, type AttentionSizes } from "./cpu_reference.ts";

/** Input of attention, and what it gives. */
export interface Case {
  qkv: tf.Tensor3D;
  dy: tf.Tensor3D;
  heads: number;
  expected: { y: Float64Array; dQkv: Float64Array };
}

/** Values as a tensor in half precision. */
export function stored(queue: GpuQueue, values: Float32Array, shape: [number, number, number]) {
  const full = tf.tensor3d(values, shape);
  const half = storeAs(queue, full, "f16");
  full.dispose();
  return half;
}

/** Random input in half precision, and what float64 loops make of it. */
export function caseOf(queue: GpuQueue, sizes: AttentionSizes, spread = 1): Case {
  const [B, N, heads, d] = sizes;
  const D = heads * d;
  const random = randomStream(3, `attention ${sizes}`);
  const halves = (count: number, scale: number) =>
    new Float32Array(Float16Array.from({ length: count }, () => scale * random.normal()));
  const qkv = halves(3 * B * N * D, spread);
  const dy = halves(B * N * D, 1);
  return {
    qkv: stored(queue, qkv, [B, N, 3 * D]),
    dy: stored(queue, dy, [B, N, D]),
    heads,
    expected: attention(qkv, dy, sizes),
  };
}

/** On matrix units, of a software driver too. */
export function onUnits(queue: GpuQueue, limit?: number): AttentionKernels {
  return attentionKernels(queue, limit, queue.matrixUnits);
}

/** Attention and its gradient; disposes of the input. */
export async function run(queue: GpuQueue, { qkv, dy, heads }: Case, kernels = onUnits(queue)) {
  const { y, saved } = kernels.attention(qkv, heads);
  const dQkv = kernels.attentionGradient(qkv, heads, y, saved, dy);
  tf.dispose([qkv, dy]);
  return { y: await valuesOf(y), saved: await valuesOf(saved), dQkv: await valuesOf(dQkv) };
}
