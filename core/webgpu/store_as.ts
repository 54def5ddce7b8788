import type * as tf from "@tensorflow/tfjs-core";
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

/** A tensor's values stored in another precision, or a clone if they already are. */
export function storeAs<T extends tf.Tensor>(queue: GpuQueue, x: T, type: ValueType): T {
  const from = queue.typeOf(x);
  if (from === type) return x.clone();
  const y = queue.tensor<T>(x.shape, type);
  const isVector = x.size % 4 === 0;
  const size = x.size / (isVector ? 4 : 1);
  const grid = flatGrid(Math.ceil(size / THREADS));
  queue.run(storeShader(from, type, isVector), [x, y], [size], grid);
  return y;
}
