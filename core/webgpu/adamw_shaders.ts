import { GROWTH_STEPS, LARGEST_LOSS_SCALE, LossScalePlaces } from "./loss_scale.ts";
import { BLOCK } from "./arena.ts";
import { reduceCode } from "./reduce_code.ts";
import { FLAT_GROUP, type Shader, type ShaderBinding, type ShaderTarget } from "./shader.ts";

import { HALF_CODE } from "./value_type.ts";

/** Threads per workgroup. */
export const THREADS = 256;

/** Workgroups that sum the squares of a chunk, and number of partial sums. */
export const PARTIAL_SUMS = 1024;

/** Indices of the numbers that the host writes before each step. */
export const Numbers = {
  rate: 0,
  decay: 1,
  /** 1/(1 − β1^t). */
  firstCorrection: 2,
  /** 1/(1 − β2^t). */
  secondCorrection: 3,
  /** Maximum gradient norm; negative for none. */
  limit: 4,
  /** 1/micro-batches. */
  share: 5,
  /** Steps done before this one. */
  step: 6,
  /** Share of the EMA that the step keeps. */
  averageKept: 7,
  /** What the weights add to it: the rest, rounded by itself. */
  averageMoved: 8,
  count: 12,
} as const;

/** Indices of the numbers that the device writes for the next dispatch and the host. */
export const Status = {
  gradientNorm: 0,
  /** Factor of the gradients. */
  scale: 1,
  /** 1 after a non-finite step, until the host clears it. */
  failed: 2,
  failedStep: 3,
  failedLoss: 4,
  failedNorm: 5,
  /** Whether nothing may change: a step failed, or this one is skipped. */
  halted: 6,
  count: 8,
} as const;

function read(name: string, element = "f32"): ShaderBinding {
  return { name, element, access: "read" };
}

function write(name: string, element = "f32"): ShaderBinding {
  return { name, element, access: "write" };
}

/** WGSL: `sumThreads(i, value)`, over a workgroup. */
function sumThreads(target: ShaderTarget): string {
  return reduceCode({ name: "sumThreads", type: "f32", threads: THREADS }, target);
}

/** Adds `addend` to `sum`, both of `count` vectors. */
export const addShader: Shader = {
  key: "adamw-add",
  bindings: [write("sum", "vec4<f32>"), read("addend", "vec4<f32>")],
  uniforms: [{ name: "count", type: "u32" }],
  body: () => `
${FLAT_GROUP}
@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) i: u32,
) {
  let at = flatGroup(group, groups) * ${THREADS}u + i;
  if (at < u.count) { sum[at] += addend[at]; }
}`,
};

/** Sums the squares of a chunk of `count` vectors; each workgroup writes one sum, starting at `first`. */
export const squaresShader: Shader = {
  key: "adamw-squares",
  bindings: [read("gradients", "vec4<f32>"), write("partial")],
  uniforms: [{ name: "count", type: "u32" }, { name: "first", type: "u32" }],
  body: (target) => `
${sumThreads(target)}
@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) i: u32,
) {
  var squares = vec4<f32>();
  for (var at = group.x * ${THREADS}u + i; at < u.count; at += groups.x * ${THREADS}u) {
    let g = gradients[at];
    squares = fma(g, g, squares);
  }
  let sum = sumThreads(i, (squares.x + squares.y) + (squares.z + squares.w));
  if (i == 0u) { partial[u.first + group.x] = sum; }
}`,
};

/**
 * WGSL: updates the loss scale. It is halved if it may have caused non-finite gradients, so that the step is
 * not a failure, and doubled after many good steps.
 */
const MOVE_LOSS_SCALE = `
fn moveLossScale(isGood: bool) -> bool {
  var scale = lossScale[${LossScalePlaces.scale}];
  var goodSteps = lossScale[${LossScalePlaces.goodSteps}] + 1.0;
  let isOverflow = !isGood && scale > 1.0;
  if (isOverflow) {
    scale *= 0.5;
    lossScale[${LossScalePlaces.overflows}] += 1.0;
    goodSteps = 0.0;
  } else if (isGood && goodSteps >= ${GROWTH_STEPS}.0) {
    scale = min(2.0 * scale, ${LARGEST_LOSS_SCALE}.0);
    goodSteps = 0.0;
  }
  lossScale[${LossScalePlaces.scale}] = scale;
  lossScale[${LossScalePlaces.inverse}] = 1.0 / scale;
  lossScale[${LossScalePlaces.goodSteps}] = goodSteps;
  return isOverflow;
}`;

/**
 * Computes the factor of the gradients from the partial sums, in one workgroup. Records the first non-finite
 * step, tested by its bits, since compilers may assume finite numbers.
 *
 * @param hasLossScale whether gradients carry a {@linkcode LossScale}, which is bound last
 */
export const judgeShader = (hasLossScale: boolean): Shader => ({
  key: `adamw-judge-${hasLossScale}`,
  bindings: [
    read("partial"),
    read("loss"),
    read("numbers"),
    write("status"),
    ...(hasLossScale ? [write("lossScale")] : []),
  ],
  uniforms: [{ name: "count", type: "u32" }],
  body: (target) => `
${hasLossScale ? MOVE_LOSS_SCALE : ""}
${sumThreads(target)}
fn isFinite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u; }
@compute @workgroup_size(${THREADS})
fn main(@builtin(local_invocation_index) i: u32) {
  var total = 0.0;
  for (var at = i; at < u.count; at += ${THREADS}u) { total += partial[at]; }
  let sum = sumThreads(i, total);
  if (i == 0u) {
    let norm = sqrt(sum) * numbers[${Numbers.share}];
    let limit = numbers[${Numbers.limit}];
    let clip = select(1.0, min(1.0, limit / (norm + 1e-6)), limit >= 0.0);
    let isGood = isFinite(norm) && isFinite(loss[0]);
    var isLeftOut = false;
${
    hasLossScale
      ? `    if (status[${Status.failed}] == 0.0 && isFinite(loss[0])) { isLeftOut = moveLossScale(isGood); }`
      : ""
  }
    if (!isLeftOut) {
      status[${Status.gradientNorm}] = norm;
      status[${Status.scale}] = clip * numbers[${Numbers.share}];
      if (status[${Status.failed}] == 0.0 && !isGood) {
        status[${Status.failed}] = 1.0;
        status[${Status.failedStep}] = numbers[${Numbers.step}];
        status[${Status.failedLoss}] = loss[0];
        status[${Status.failedNorm}] = norm;
      }
    }
    status[${Status.halted}] = select(status[${Status.failed}], 1.0, isLeftOut);
  }
}`,
});

/** Constants of all steps of a run. */
export interface AdamWConstants {
  betas: readonly [number, number];
  epsilon: number;
  /** Whether the weights have an EMA. */
  hasAverage: boolean;
  /** Whether the weights are also written in half precision, to a buffer that is bound last. */
  hasHalves: boolean;
}

/** AdamW of a chunk of `count` vectors and their EMA, in place; one rule per block. */
export function adamwShader(
  { betas, epsilon, hasAverage, hasHalves }: AdamWConstants,
): Shader {
  const [beta1, beta2] = betas;
  return {
    key: `adamw-${betas}-${epsilon}-${hasAverage}-${hasHalves}`,
    bindings: [
      read("gradients", "vec4<f32>"),
      read("rules", "vec2<f32>"),
      read("numbers"),
      read("status"),
      write("parameters", "vec4<f32>"),
      write("firsts", "vec4<f32>"),
      write("seconds", "vec4<f32>"),
      ...(hasAverage ? [write("averages", "vec4<f32>")] : []),
      ...(hasHalves ? [write("halfParameters", "vec4<f16>")] : []),
    ],
    uniforms: [{ name: "count", type: "u32" }],
    f16: hasHalves,
    body: () => `
${hasHalves ? HALF_CODE : ""}
${FLAT_GROUP}
@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) i: u32,
) {
  let at = flatGroup(group, groups) * ${THREADS}u + i;
  if (at >= u.count || status[${Status.halted}] != 0.0) { return; }
  let rule = rules[at / ${BLOCK / 4}u];
  let rate = numbers[${Numbers.rate}] * rule.x;
  let decay = numbers[${Numbers.decay}] * rule.y;
  let g = gradients[at] * status[${Status.scale}];
  let first = f32(${beta1}) * firsts[at] + f32(${1 - beta1}) * g;
  let second = f32(${beta2}) * seconds[at] + f32(${1 - beta2}) * g * g;
  let root = sqrt(second * numbers[${Numbers.secondCorrection}]) + f32(${epsilon});
  let change = (rate * numbers[${Numbers.firstCorrection}]) * first / root;
  let moved = parameters[at] * (1.0 - rate * decay) - change;
  firsts[at] = first;
  seconds[at] = second;
  parameters[at] = moved;
  ${hasHalves ? "halfParameters[at] = halves(moved);" : ""}
${
      hasAverage
        ? `  averages[at] = numbers[${Numbers.averageKept}] * averages[at] +
    numbers[${Numbers.averageMoved}] * moved;`
        : ""
    }
}`,
  };
}
