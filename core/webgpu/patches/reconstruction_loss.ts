import type * as tf from "@tensorflow/tfjs-core";
import type { PixelScale } from "../../ops/kernels/patch_kernels.ts";
import { TARGET_EPSILON } from "../../ops/reference/reference_patches.ts";
import type { GpuQueue } from "../gpu_queue.ts";
import { reduceCode, threadsFor } from "../reduce_code.ts";
import { FLAT_GROUP, flatGrid, type Shader, type ShaderTarget } from "../shader.ts";
import { vectorType } from "../row_shader.ts";
import { meanLoss } from "./mean_loss.ts";

/**
 * WGSL: `channelSums` of the vectors of all threads, and `ofThread`, the values of a thread's channels: its
 * vectors start with the channel of its index.
 */
function channelCode(threads: number, isVector: boolean, target: ShaderTarget): string {
  const values = isVector ? "vec3<f32>(v.x + v.w, v.y, v.z)" : "vec3<f32>(v, 0.0, 0.0)";
  return `
${reduceCode({ name: "sumAll", type: "vec3<f32>", threads }, target)}
fn channelSums(i: u32, v: Vector) -> vec3<f32> {
  let values = ${values};
  let channel = i % 3u;
  return sumAll(i, select(select(values.yzx, values.zxy, channel == 1u), values, channel == 0u));
}
fn ofThread(channel: u32, values: vec3<f32>) -> Vector {
  let v = select(select(values.zxyz, values.yzxy, channel == 1u), values.xyzx, channel == 0u);
  return v${isVector ? "" : ".x"};
}`;
}

/**
 * WGSL for patches normalised by their own statistics. These are computed from normalised pixels without
 * rounding, and converted to those of pixels in [0, 1] by the channel's std. The mean is subtracted twice, to
 * correct its rounding error.
 */
const OWN_STATISTICS = `
  var total = Vector();
  for (var at = first; at < end; at += THREADS) { total += patches[at]; }
  let rough = ofThread(channel, channelSums(i, total) / pixels);
  var left = Vector();
  var squares = Vector();
  for (var at = first; at < end; at += THREADS) {
    let centred = patches[at] - rough;
    left += centred;
    squares += centred * centred;
  }
  let leftMean = channelSums(i, left) / pixels;
  let spread = channelSums(i, squares) - pixels * leftMean * leftMean;
  let own = sqrt(max(vec3<f32>(), spread) / (pixels - 1.0));
  let rest = ofThread(channel, leftMean);
  let factor = ofThread(channel, DEVIATION / (DEVIATION * own + EPSILON));`;

const OWN_WANTED = "((patches[at] - rough) - rest) * factor";

/** WGSL for patches that are pixels in [0, 1]. */
const UNIT = `
  let mean = ofThread(channel, MEAN);
  let deviation = ofThread(channel, DEVIATION);`;

const UNIT_WANTED = "fma(patches[at], deviation, mean)";

/**
 * One workgroup per row, which reads it up to three times, only once from memory.
 *
 * @param threads 3 times a power of two: a thread strides through a row by this number of vectors, so that
 * its vectors always start with the same channel, its index mod 3
 */
function rowShader(
  threads: number,
  isVector: boolean,
  normalize: boolean,
  scale: PixelScale,
): Shader {
  const element = vectorType(isVector);
  return {
    key: `reconstruction ${threads} ${element} ${normalize} ${scale.mean} ${scale.std}`,
    bindings: [
      { name: "prediction", element, access: "read" },
      { name: "patches", element, access: "read" },
      { name: "gradient", element, access: "write" },
      { name: "losses", element: "f32", access: "write" },
    ],
    uniforms: [
      { name: "rows", type: "u32" },
      { name: "width", type: "u32" }, // vectors
      { name: "pixels", type: "f32" },
      { name: "factor", type: "f32" }, // of the gradient
    ],
    body: (target) => `
alias Vector = ${element};
const THREADS = ${threads}u;
const MEAN = vec3<f32>(${scale.mean.join(", ")});
const DEVIATION = vec3<f32>(${scale.std.join(", ")});
const EPSILON = f32(${TARGET_EPSILON});
${channelCode(threads, isVector, target)}
${FLAT_GROUP}
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) i: u32,
) {
  let row = flatGroup(group, groups);
  if (row >= u.rows) { return; }
  let channel = i % 3u;
  let first = row * u.width + i;
  let end = (row + 1u) * u.width;
  let pixels = u.pixels;
${normalize ? OWN_STATISTICS : UNIT}
  var loss = Vector();
  for (var at = first; at < end; at += THREADS) {
    let difference = prediction[at] - ${normalize ? OWN_WANTED : UNIT_WANTED};
    gradient[at] = difference * u.factor;
    loss += difference * difference;
  }
  let byChannel = channelSums(i, loss);
  if (i == 0u) { losses[row] = byChannel.x + byChannel.y + byChannel.z; }
}
`,
  };
}

/** {@linkcode PatchKernels.reconstructionLoss} in two dispatches. */
export function reconstructionLoss(
  queue: GpuQueue,
  prediction: tf.Tensor2D,
  patches: tf.Tensor2D,
  scale: PixelScale,
  normalize: boolean,
): { loss: tf.Scalar; dPrediction: tf.Tensor2D } {
  const [rows, values] = prediction.shape;
  const isVector = values % 4 === 0;
  const vectors = isVector ? values / 4 : values;
  const share = 1 / Math.max(1, prediction.size);
  const dPrediction = queue.tensor<tf.Tensor2D>(prediction.shape);
  const losses = queue.tensor([rows]);
  queue.run(
    rowShader(threadsFor(vectors, 3), isVector, normalize, scale),
    [prediction, patches, dPrediction, losses],
    [rows, vectors, values / 3, 2 * share],
    flatGrid(rows),
  );
  const loss = meanLoss(queue, losses, share);
  losses.dispose();
  return { loss, dPrediction };
}
