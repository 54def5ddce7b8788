import type * as tf from "@tensorflow/tfjs-core";
import type { GpuQueue } from "../gpu_queue.ts";
import { reduceCode, threadsFor } from "../reduce_code.ts";
import { FLAT_GROUP, flatGrid, type Shader } from "../shader.ts";
import { meanLoss } from "./mean_loss.ts";

/** One workgroup per row: maximum logit, sum of exponentials, then loss and gradient. */
function rowShader(threads: number): Shader {
  return {
    key: `cross entropy ${threads}`,
    bindings: [
      { name: "logits", element: "f32", access: "read" },
      { name: "wanted", element: "f32", access: "read" },
      { name: "gradient", element: "f32", access: "write" },
      { name: "losses", element: "f32", access: "write" },
    ],
    uniforms: [
      { name: "rows", type: "u32" },
      { name: "classes", type: "u32" },
      { name: "factor", type: "f32" }, // of the gradient
    ],
    body: (target) => `
${reduceCode({ name: "sumAll", type: "f32", threads }, target)}
${reduceCode({ name: "maxAll", type: "f32", threads, join: (a, b) => `max(${a}, ${b})` }, target)}
${FLAT_GROUP}
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) i: u32,
) {
  let row = flatGroup(group, groups);
  if (row >= u.rows) { return; }
  let first = row * u.classes;
  let end = first + u.classes;
  var top = logits[first];
  for (var at = first + i; at < end; at += ${threads}u) { top = max(top, logits[at]); }
  let highest = maxAll(i, top);
  var total = 0.0;
  for (var at = first + i; at < end; at += ${threads}u) { total += exp(logits[at] - highest); }
  let logTotal = log(sumAll(i, total));
  var loss = 0.0;
  for (var at = first + i; at < end; at += ${threads}u) {
    let logProbability = (logits[at] - highest) - logTotal;
    loss -= wanted[at] * logProbability;
    gradient[at] = (exp(logProbability) - wanted[at]) * u.factor;
  }
  let rowLoss = sumAll(i, loss);
  if (i == 0u) { losses[row] = rowLoss; }
}
`,
  };
}

/** {@linkcode PatchKernels.crossEntropy} in two dispatches. */
export function crossEntropy(
  queue: GpuQueue,
  logits: tf.Tensor2D,
  targets: tf.Tensor2D,
): { loss: tf.Scalar; dLogits: tf.Tensor2D } {
  const [rows, classes] = logits.shape;
  const factor = 1 / Math.max(1, rows);
  const dLogits = queue.tensor<tf.Tensor2D>(logits.shape);
  const losses = queue.tensor([rows]);
  const tensors = [logits, targets, dLogits, losses];
  queue.run(rowShader(threadsFor(classes)), tensors, [rows, classes, factor], flatGrid(rows));
  const loss = meanLoss(queue, losses, factor);
  losses.dispose();
  return { loss, dLogits };
}
