import type * as tf from "@tensorflow/tfjs-core";
import {
  type Distance,
  type FirstTubelet,
  MOTION_NOISE,
  SMALLEST_DIRECTION,
} from "../../ops/kernels/selection_kernels.ts";
import type { GpuQueue } from "../gpu_queue.ts";
import { reduceCode, threadsFor } from "../reduce_code.ts";
import { FLAT_GROUP, flatGrid, type Shader } from "../shader.ts";
import { vectorType } from "../row_shader.ts";
import { IS_NAN_CODE } from "./is_nan_code.ts";

/** Few threads, which do more between barriers; there are many workgroups. */
const MOST_THREADS = 64;

/**
 * WGSL: a thread's partial sums of a distance over the width of two tokens: x of their difference, y and z of
 * each.
 */
function sumsCode(difference: string, one: string, other: string): string {
  return `
  var differences = Vector();
  var ones = Vector();
  var others = Vector();
  for (var i = local; i < WIDTH; i += THREADS) {
    let a = xs[after + i];
    let b = xs[before + i];
    differences += ${difference};
    ones += ${one};
    others += ${other};
  }
  let s = sumAll(local, vec3<f32>(total(differences), total(ones), total(others)));`;
}

/** WGSL of the body of `movement`, of the tokens that start at `after` and `before`. */
const DISTANCE_CODE: Record<Distance, string> = {
  l2: `${sumsCode("(a - b) * (a - b)", "a * a", "b * b")}
  return sqrt(withoutNoise(s.x, (s.y + s.z) * ${MOTION_NOISE ** 2 / 2}));`,

  l1: `${sumsCode("abs(a - b)", "abs(a)", "abs(b)")}
  return withoutNoise(s.x, (s.y + s.z) * ${MOTION_NOISE / 2});`,

  cosine: `${sumsCode("Vector()", "a * a", "b * b")}
  let lengthA = max(sqrt(s.y), ${SMALLEST_DIRECTION});
  let lengthB = max(sqrt(s.z), ${SMALLEST_DIRECTION});
  var squares = Vector();
  for (var i = local; i < WIDTH; i += THREADS) {
    let difference = xs[after + i] / lengthA - xs[before + i] / lengthB;
    squares += difference * difference;
  }
  let square = sumAll(local, vec3<f32>(total(squares), 0.0, 0.0)).x;
  return withoutNoise(0.5 * square, ${MOTION_NOISE ** 2 / 2});`,
};

/** WGSL: the first tubelet's importance, from the distance of tubelet `t` and the maximum, `top`. */
const FIRST_CODE: Record<FirstTubelet, { each: string; last: string }> = {
  copy: { each: "if (t == 1u) { ys[token] = moved; }", last: "" },
  zero: { each: "", last: "ys[token] = 0.0;" },
  max: {
    each: "if (isNan(moved) || (moved > top && !isNan(top))) { top = moved; }",
    last: "ys[token] = top;",
  },
};

/** One workgroup per position of a sample, which loops over tubelets. */
function shaderOf(
  width: number,
  isVector: boolean,
  distance: Distance,
  first: FirstTubelet,
): Shader {
  const element = vectorType(isVector);
  const { each, last } = FIRST_CODE[first];
  const threads = threadsFor(width, 1, MOST_THREADS);
  return {
    key: `token distances ${distance} ${first} ${width} ${element}`,
    bindings: [
      { name: "xs", element, access: "read" },
      { name: "ys", element: "f32", access: "write" },
    ],
    uniforms: [
      { name: "groups", type: "u32" },
      { name: "perTubelet", type: "u32" },
      { name: "tubelets", type: "u32" },
    ],
    body: (target) => `
alias Vector = ${element};
const WIDTH = ${width}u;
const THREADS = ${threads}u;
${IS_NAN_CODE}
${reduceCode({ name: "sumAll", type: "vec3<f32>", threads }, target)}
fn total(v: Vector) -> f32 { return ${isVector ? "(v.x + v.y) + (v.z + v.w)" : "v"}; }
fn withoutNoise(value: f32, limit: f32) -> f32 { return select(value, 0.0, value <= limit); }
fn movement(local: u32, after: u32, before: u32) -> f32 {
${DISTANCE_CODE[distance]}
}
${FLAT_GROUP}
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let g = flatGroup(group, groups);
  if (g >= u.groups) { return; }
  let sample = g / u.perTubelet;
  let token = sample * u.tubelets * u.perTubelet + g % u.perTubelet; // of the first tubelet
  var top = 0.0;
  for (var t = 1u; t < u.tubelets; t++) {
    let later = token + t * u.perTubelet;
    let moved = movement(local, later * WIDTH, (later - u.perTubelet) * WIDTH);
    if (local == 0u) {
      ys[later] = moved;
      ${each}
    }
  }
  if (local == 0u) {
    ${last}
  }
}
`,
  };
}

/** {@linkcode SelectionKernels.tokenDistances} in one dispatch. */
export function tokenDistances(
  queue: GpuQueue,
  x: tf.Tensor3D,
  perTubelet: number,
  distance: Distance,
  first: FirstTubelet,
): tf.Tensor2D {
  const [batch, tokens, width] = x.shape;
  const isVector = width % 4 === 0;
  const groups = batch * perTubelet;
  const y = queue.tensor<tf.Tensor2D>([batch, tokens]);
  queue.run(
    shaderOf(isVector ? width / 4 : width, isVector, distance, first),
    [x, y],
    [groups, perTubelet, tokens / perTubelet],
    flatGrid(groups),
  );
  return y;
}
