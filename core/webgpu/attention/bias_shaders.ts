import { FLAT_GROUP, type Shader } from "../shader.ts";

/** Threads per workgroup. */
export const BIAS_THREADS = 64;

function body(lines: string): string {
  return `
${FLAT_GROUP}
@compute @workgroup_size(${BIAS_THREADS})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flatGroup(group, groups) * ${BIAS_THREADS}u + local;
  if (i >= u.width) { return; }
${lines}
}
`;
}

/** Packs biases of queries and values [width] into a qkv bias [3·width]. */
export const packBiasesShader: Shader = {
  key: "pack biases",
  bindings: [
    { name: "query", element: "f32", access: "read" },
    { name: "value", element: "f32", access: "read" },
    { name: "biases", element: "f32", access: "write" },
  ],
  uniforms: [{ name: "width", type: "u32" }],
  body: () =>
    body(`  biases[i] = query[i];
  biases[u.width + i] = 0.0;
  biases[2u * u.width + i] = value[i];`),
};

/** Splits a qkv bias gradient into those of queries and values. */
export const unpackBiasesShader: Shader = {
  key: "unpack biases",
  bindings: [
    { name: "biases", element: "f32", access: "read" },
    { name: "query", element: "f32", access: "write" },
    { name: "value", element: "f32", access: "write" },
  ],
  uniforms: [{ name: "width", type: "u32" }],
  body: () =>
    body(`  query[i] = biases[i];
  value[i] = biases[2u * u.width + i];`),
};
