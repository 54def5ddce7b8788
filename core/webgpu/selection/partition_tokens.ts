import type * as tf from "@tensorflow/tfjs-core";
import type { GpuQueue } from "../gpu_queue.ts";
import { threadsFor } from "../reduce_code.ts";
import { FLAT_GROUP, flatGrid, type Shader, type ShaderBinding } from "../shader.ts";

/** Role of a token without one; the next value is used for padding. */
const NO_ROLE = 2;
const NO_TOKEN = 3;

/** A shader in which every token counts the tokens of its sample that satisfy a condition. */
interface Counting {
  key: string;
  bindings: readonly ShaderBinding[];
  uniforms: readonly string[];
  /** WGSL functions. */
  functions?: string;
  /** WGSL: the u32 by which tokens are compared, for the token at index `i` of the batch. */
  number: string;
  /** WGSL: that of a padding token. */
  noNumber: string;
  /**
   * WGSL of the condition, for four tokens at once: `others` are their numbers, `mine` that of the counting
   * token, and `before` whether each of the four has a smaller index.
   */
  isCounted: string;
  /** WGSL: uses the `count` of token `n` of `sample`. */
  store: string;
}

/**
 * The tokens of a sample are staged in workgroup memory, one per thread at a time; threads are a multiple of
 * 4.
 */
function countingShader(counting: Counting, threads: number): Shader {
  return {
    key: `${counting.key} ${threads}`,
    bindings: counting.bindings,
    uniforms: ["groups", "tokens", ...counting.uniforms].map((name) => ({ name, type: "u32" })),
    body: () => `
var<workgroup> tile: array<u32, ${threads}>;
${FLAT_GROUP}
${counting.functions ?? ""}
fn numberOf(sample: u32, n: u32) -> u32 {
  if (n >= u.tokens) { return ${counting.noNumber}; }
  let i = sample * u.tokens + n;
  return ${counting.number};
}
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let g = flatGroup(group, groups);
  if (g >= u.groups) { return; }
  let groupsPerSample = (u.tokens + ${threads - 1}u) / ${threads}u;
  let sample = g / groupsPerSample;
  let n = g % groupsPerSample * ${threads}u + local;
  let mine = numberOf(sample, n);
  var counted = vec4<u32>();
  for (var first = 0u; first < u.tokens; first += ${threads}u) {
    workgroupBarrier();
    tile[local] = numberOf(sample, first + local);
    workgroupBarrier();
    for (var k = 0u; k < ${threads}u; k += 4u) {
      let others = vec4<u32>(tile[k], tile[k + 1u], tile[k + 2u], tile[k + 3u]);
      let before = vec4<u32>(first + k) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(n);
      counted += vec4<u32>(${counting.isCounted});
    }
  }
  if (n >= u.tokens) { return; }
  let count = (counted.x + counted.y) + (counted.z + counted.w);
${counting.store}
}
`,
  };
}

/**
 * WGSL: bits of a float32 as a number with the same order; −0 as 0 and NaN as infinity. The result is neither
 * 0 nor the largest number.
 */
const SORTABLE_CODE = `
fn sortable(bits: u32) -> u32 {
  let size = bits & 0x7fffffffu;
  if (size == 0u) { return 0x80000000u; }
  if (size > 0x7f800000u) { return 0xff800000u; }
  return select(bits | 0x80000000u, ~bits, bits > 0x7fffffffu);
}`;

/** Each token's role: that of its rank, the number of tokens ahead of it. */
function ranking(largestFirst: boolean): Counting {
  return {
    key: `rank tokens ${largestFirst}`,
    bindings: [
      { name: "values", element: "u32", access: "read" },
      { name: "roles", element: "u32", access: "read" },
      { name: "roleOf", element: "u32", access: "write" },
    ],
    uniforms: ["chosen"],
    functions: SORTABLE_CODE,
    number: `${largestFirst ? "~" : ""}sortable(values[i])`,
    noNumber: "0xffffffffu",
    isCounted: "others < vec4<u32>(mine) + vec4<u32>(before)", // ties count if they come first
    store: `
  var role = ${NO_ROLE}u;
  if (count < u.chosen) { role = roles[sample * u.chosen + count]; }
  roleOf[sample * u.tokens + n] = role;`,
  };
}

/** Each token's position among those of its role. */
const placing: Counting = {
  key: "place tokens",
  bindings: [
    { name: "roleOf", element: "u32", access: "read" },
    { name: "zeros", element: "u32", access: "write" },
    { name: "ones", element: "u32", access: "write" },
  ],
  uniforms: ["zerosPerSample", "onesPerSample"],
  number: "roleOf[i]",
  noNumber: `${NO_TOKEN}u`,
  isCounted: "(others == vec4<u32>(mine)) & before",
  store: `
  if (mine == 0u && count < u.zerosPerSample) { zeros[sample * u.zerosPerSample + count] = n; }
  if (mine == 1u && count < u.onesPerSample) { ones[sample * u.onesPerSample + count] = n; }`,
};

/** {@linkcode SelectionKernels.partitionTokens} in two dispatches. */
export function partitionTokens(
  queue: GpuQueue,
  values: tf.Tensor2D,
  largestFirst: boolean,
  roles: tf.Tensor2D,
  ones: number,
): { zeros: tf.Tensor2D; ones: tf.Tensor2D } {
  const [batch, tokens] = values.shape;
  const chosen = roles.shape[1];
  const result = {
    zeros: queue.tensor<tf.Tensor2D>([batch, chosen - ones], "int32"),
    ones: queue.tensor<tf.Tensor2D>([batch, ones], "int32"),
  };
  if (chosen === 0) return result;
  const threads = threadsFor(tokens, 4);
  const groups = batch * Math.ceil(tokens / threads);
  const roleOf = queue.tensor(values.shape, "int32");
  queue.run(
    countingShader(ranking(largestFirst), threads),
    [values, roles, roleOf],
    [groups, tokens, chosen],
    flatGrid(groups),
  );
  queue.run(
    countingShader(placing, threads),
    [roleOf, result.zeros, result.ones],
    [groups, tokens, chosen - ones, ones],
    flatGrid(groups),
  );
  roleOf.dispose();
  return result;
}
