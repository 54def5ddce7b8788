import type * as tf from "@tensorflow/tfjs-core";
import type { GpuQueue } from "../gpu_queue.ts";
import { GELU_CODE } from "./gelu_code.ts";
import { FLAT_GROUP, flatGrid, type Shader } from "../shader.ts";

const THREADS = 256;

/** WGSL of an operation on four values `x` (and `other`, four values or a factor). */
const OPERATIONS = {
  gelu: "gelu(x)",
  geluGradient: "other * geluSlope(x)",
  scale: "other * x",
} as const;

/** The second operand: none, the value at the same index, or the sample's factor. */
const OTHERS = {
  gelu: null,
  geluGradient: "other",
  scale: "factor",
} as const;

function elementwiseShader(operation: keyof typeof OPERATIONS, isVector: boolean): Shader {
  const element = isVector ? "vec4<f32>" : "f32";
  const kind = OTHERS[operation];
  const wide = (value: string) => isVector ? value : `vec4<f32>(${value})`;
  const other = kind === "factor" ? "others[i / u.perSample]" : wide("others[i]");
  return {
    key: `elementwise ${operation} ${element}`,
    bindings: [
      { name: "xs", element, access: "read" },
      ...(kind
        ? [
          { name: "others", element: kind === "factor" ? "f32" : element, access: "read" } as const,
        ]
        : []),
      { name: "ys", element, access: "write" },
    ],
    uniforms: [
      { name: "size", type: "u32" },
      { name: "perSample", type: "u32" },
    ],
    body: () => `
${operation === "scale" ? "" : GELU_CODE}
${FLAT_GROUP}
@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flatGroup(group, groups) * ${THREADS}u + local;
  if (i >= u.size) { return; }
  let x = ${wide("xs[i]")};
${kind ? `  let other = ${other};` : ""}
  let y = ${OPERATIONS[operation]};
  ys[i] = ${isVector ? "y" : "y.x"};
}
`,
  };
}

/**
 * Computes one value per value of x, four at a time if possible.
 *
 * @param other of x's shape, or one factor for every `perSample` values of x
 */
export function elementwise<T extends tf.Tensor>(
  queue: GpuQueue,
  operation: keyof typeof OPERATIONS,
  x: T,
  other?: tf.TensorInfo,
  perSample = 1,
): T {
  const y = queue.tensor<T>(x.shape);
  const isVector = OTHERS[operation] === "factor" ? perSample % 4 === 0 : x.size % 4 === 0;
  const lanes = isVector ? 4 : 1;
  queue.run(
    elementwiseShader(operation, isVector),
    other ? [x, other, y] : [x, y],
    [x.size / lanes, Math.max(1, perSample / lanes)],
    flatGrid(Math.ceil(x.size / lanes / THREADS)),
  );
  return y;
}
