import { FLAT_GROUP, type Shader } from "../shader.ts";

/** Threads of a workgroup. */
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

/** Biases of queries and values [width] as one of packed queries, keys and values [3·width]. */
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

/** The parts for queries and values. */
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
