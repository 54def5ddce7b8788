import * as tf from "@tensorflow/tfjs-core";
import type { GpuQueue } from "./gpu_queue.ts";
import { FLAT_GROUP, flatGrid, type Shader } from "./shader.ts";
import { HALF_CODE, narrowed, type ValueType, wgslType, widened } from "./value_type.ts";

const THREADS = 256;

function storeShader(from: ValueType, to: ValueType, isVector: boolean): Shader {
  return {
    key: `store ${from} as ${to} ${isVector}`,
    bindings: [
      { name: "xs", element: wgslType(from, isVector), access: "read" },
      { name: "ys", element: wgslType(to, isVector), access: "write" },
    ],
    uniforms: [{ name: "size", type: "u32" }],
    body: () => `
${to === "f16" ? HALF_CODE : ""}
${FLAT_GROUP}
@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flatGroup(group, groups) * ${THREADS}u + local;
  if (i < u.size) { ys[i] = ${narrowed(to, isVector, widened(from, isVector, "xs[i]"))}; }
}
`,
    f16: true,
  };
}

/** Writes the values of x, in the precision of y, to y, which is of another one. */
export function convert(queue: GpuQueue, x: tf.TensorInfo, y: tf.TensorInfo): void {
  const size = tf.util.sizeFromShape(x.shape);
  const isVector = size % 4 === 0;
  const count = size / (isVector ? 4 : 1);
  const shader = storeShader(queue.typeOf(x), queue.typeOf(y), isVector);
  queue.run(shader, [x, y], [count], flatGrid(Math.ceil(count / THREADS)));
}

/** A tensor's values stored in another precision, or a clone if they already are. */
export function storeAs<T extends tf.Tensor>(queue: GpuQueue, x: T, type: ValueType): T {
  if (queue.typeOf(x) === type) return x.clone();
  const y = queue.tensor<T>(x.shape, type);
  convert(queue, x, y);
  return y;
}
