import type * as tf from "@tensorflow/tfjs-core";
import type { GpuQueue } from "../gpu_queue.ts";
import { FLAT_GROUP, flatGrid, type Shader } from "../shader.ts";
import { vectorType } from "../row_shader.ts";

const THREADS = 256;

/** Rows of the result per workgroup. */
const ROWS = 16;

/**
 * A workgroup searches the whole index of its sample for the rows that it writes, without an inverse index in
 * memory or assumptions about order.
 */
function scatterShader(width: number, isVector: boolean): Shader {
  const vector = vectorType(isVector);
  return {
    key: `scatter rows ${width} ${vector}`,
    bindings: [
      { name: "xs", element: vector, access: "read" },
      { name: "index", element: "u32", access: "read" },
      { name: "ys", element: vector, access: "write" },
    ],
    uniforms: [
      { name: "groups", type: "u32" },
      { name: "groupsPerSample", type: "u32" },
      { name: "kept", type: "u32" }, // rows of a sample of x
      { name: "rows", type: "u32" }, // and of y
    ],
    body: () => `
const WIDTH = ${width}u;
var<workgroup> sources: array<u32, ${ROWS}>; // the row of x, counted from 1; 0 for none
${FLAT_GROUP}
@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let g = flatGroup(group, groups);
  if (g >= u.groups) { return; }
  let sample = g / u.groupsPerSample;
  let first = g % u.groupsPerSample * ${ROWS}u;
  if (local < ${ROWS}u) { sources[local] = 0u; }
  workgroupBarrier();
  for (var k = local; k < u.kept; k += ${THREADS}u) {
    let place = index[sample * u.kept + k] - first; // huge for a row before the first
    if (place < ${ROWS}u) { sources[place] = k + 1u; }
  }
  workgroupBarrier();
  let end = min(${ROWS}u, u.rows - first) * WIDTH;
  for (var i = local; i < end; i += ${THREADS}u) {
    let source = sources[i / WIDTH];
    var value = ${vector}();
    if (source > 0u) { value = xs[(sample * u.kept + source - 1u) * WIDTH + i % WIDTH]; }
    ys[(sample * u.rows + first) * WIDTH + i] = value;
  }
}
`,
  };
}

/** {@linkcode TokenKernels.scatterRows} in one dispatch. */
export function scatterRows(
  queue: GpuQueue,
  x: tf.Tensor3D,
  index: tf.Tensor2D,
  rows: number,
): tf.Tensor3D {
  const [batch, kept, width] = x.shape;
  const y = queue.tensor<tf.Tensor3D>([batch, rows, width]);
  const isVector = width % 4 === 0;
  const groupsPerSample = Math.ceil(rows / ROWS);
  const groups = batch * groupsPerSample;
  queue.run(
    scatterShader(isVector ? width / 4 : width, isVector),
    [x, index, y],
    [groups, groupsPerSample, kept, rows],
    flatGrid(groups),
  );
  return y;
}
