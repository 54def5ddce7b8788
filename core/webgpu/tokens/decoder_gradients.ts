import type * as tf from "@tensorflow/tfjs-core";
import type { GpuQueue } from "../gpu_queue.ts";
import { reduceCode } from "../reduce_code.ts";
import { FLAT_GROUP, flatGrid, type Shader } from "../shader.ts";
import { vectorType } from "../row_shader.ts";

/** Rows per thread, in one column. */
const SLAB = 32;

/** Columns per workgroup of the first pass. */
const COLUMNS = 64;

/** Columns per workgroup of the second pass, and threads per column. */
const SUM_COLUMNS = 16;
const SUM_THREADS = 256;

/** Copies the rows of known tokens, and sums the other rows of a slab. */
function slabShader(width: number, isVector: boolean): Shader {
  const vector = vectorType(isVector);
  const groupsPerSlab = Math.ceil(width / COLUMNS);
  return {
    key: `decoder slabs ${width} ${vector}`,
    bindings: [
      { name: "dys", element: vector, access: "read" },
      { name: "dKnown", element: vector, access: "write" },
      { name: "slabs", element: vector, access: "write" },
    ],
    uniforms: [
      { name: "count", type: "u32" }, // rows of the batch
      { name: "rows", type: "u32" }, // rows of a sample
      { name: "known", type: "u32" }, // of which are of known tokens
    ],
    body: () => `
const WIDTH = ${width}u;
${FLAT_GROUP}
@compute @workgroup_size(${COLUMNS})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let g = flatGroup(group, groups);
  let slab = g / ${groupsPerSlab}u;
  let column = g % ${groupsPerSlab}u * ${COLUMNS}u + local;
  let first = slab * ${SLAB}u;
  if (column >= WIDTH || first >= u.count) { return; }
  let end = min(first + ${SLAB}u, u.count);
  var total = ${vector}();
  for (var row = first; row < end; row++) {
    let dy = dys[row * WIDTH + column];
    let place = row % u.rows;
    if (place < u.known) {
      dKnown[(row / u.rows * u.known + place) * WIDTH + column] = dy;
    } else {
      total += dy;
    }
  }
  slabs[slab * WIDTH + column] = total;
}
`,
  };
}

/** Sums the slabs of each column: strided per thread, then over the column's threads. */
function sumShader(width: number, isVector: boolean): Shader {
  const vector = vectorType(isVector);
  const strips = SUM_THREADS / SUM_COLUMNS;
  return {
    key: `decoder slab sums ${width} ${vector}`,
    bindings: [
      { name: "slabs", element: vector, access: "read" },
      { name: "dToken", element: vector, access: "write" },
    ],
    uniforms: [{ name: "count", type: "u32" }],
    body: (target) => `
const WIDTH = ${width}u;
${
      reduceCode({
        name: "sumStrips",
        type: vector,
        threads: SUM_THREADS,
        lanes: strips,
        isStrided: true,
      }, target)
    }
@compute @workgroup_size(${SUM_THREADS})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) i: u32,
) {
  let column = group.x * ${SUM_COLUMNS}u + i % ${SUM_COLUMNS}u;
  var total = ${vector}();
  if (column < WIDTH) {
    for (var slab = i / ${SUM_COLUMNS}u; slab < u.count; slab += ${strips}u) {
      total += slabs[slab * WIDTH + column];
    }
  }
  let sum = sumStrips(i, total);
  if (i < ${SUM_COLUMNS}u && column < WIDTH) { dToken[column] = sum; }
}
`,
  };
}

/** {@linkcode TokenKernels.decoderTokensGradients} in two dispatches. */
export function decoderTokensGradients(
  queue: GpuQueue,
  dy: tf.Tensor3D,
  known: number,
): { dKnown: tf.Tensor3D; dToken: tf.Tensor1D } {
  const [batch, tokens, width] = dy.shape;
  const isVector = width % 4 === 0;
  const vectors = isVector ? width / 4 : width;
  const rows = batch * tokens;
  const count = Math.ceil(rows / SLAB);
  const dKnown = queue.tensor<tf.Tensor3D>([batch, known, width]);
  const dToken = queue.tensor<tf.Tensor1D>([width]);
  const slabs = queue.tensor([count, width]);
  queue.run(
    slabShader(vectors, isVector),
    [dy, dKnown, slabs],
    [rows, tokens, known],
    flatGrid(count * Math.ceil(vectors / COLUMNS)),
  );
  queue.run(
    sumShader(vectors, isVector),
    [slabs, dToken],
    [count],
    [Math.ceil(vectors / SUM_COLUMNS), 1, 1],
  );
  slabs.dispose();
  return { dKnown, dToken };
}
