import type * as tf from "@tensorflow/tfjs-core";
import type { GpuQueue } from "../gpu_queue.ts";
import { reduceCode } from "../reduce_code.ts";
import type { Shader } from "../shader.ts";

const THREADS = 256;

const shader: Shader = {
  key: "mean loss",
  bindings: [
    { name: "losses", element: "f32", access: "read" },
    { name: "loss", element: "f32", access: "write" },
  ],
  uniforms: [
    { name: "count", type: "u32" },
    { name: "factor", type: "f32" },
  ],
  body: (target) => `
${reduceCode({ name: "sumLosses", type: "f32", threads: THREADS }, target)}
@compute @workgroup_size(${THREADS})
fn main(@builtin(local_invocation_index) i: u32) {
  var total = 0.0;
  for (var row = i; row < u.count; row += ${THREADS}u) { total += losses[row]; }
  let sum = sumLosses(i, total);
  if (i == 0u) { loss[0] = sum * u.factor; }
}
`,
};

/** The sum of all rows' losses times a factor, in a fixed order; 0 without rows. */
export function meanLoss(queue: GpuQueue, losses: tf.TensorInfo, factor: number): tf.Scalar {
  const loss = queue.tensor<tf.Scalar>([]);
  queue.run(shader, [losses, loss], [losses.shape[0], factor], [1, 1, 1]);
  return loss;
}
