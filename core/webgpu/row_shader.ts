import type * as tf from "@tensorflow/tfjs-core";
import type { GpuQueue } from "./gpu_queue.ts";
import { FLAT_GROUP, flatGrid, type Shader } from "./shader.ts";

const THREADS = 256;

/** An operation that computes rows from other rows. */
export interface RowOperation {
  /** Unique key. */
  readonly key: string;
  /** Names of input buffers: float32 vectors or whole numbers. */
  readonly inputs: readonly (readonly [name: string, holds: "vectors" | "numbers"])[];
  /** Names of its whole numbers beside `rows`, the rows of a sample of the result. */
  readonly uniforms: readonly string[];
  /**
   * WGSL of the body of a function that returns the `Vector` at place `i` of the result: the vector
   * `column` of `WIDTH` in the row `row`, which is row `place` of `sample`.
   */
  readonly code: string;
}

/** WGSL type that a thread handles at once. */
export function vectorType(isVector: boolean): "vec4<f32>" | "f32" {
  return isVector ? "vec4<f32>" : "f32";
}

function rowShader(operation: RowOperation, width: number, isVector: boolean): Shader {
  const vector = vectorType(isVector);
  return {
    key: `rows ${operation.key} ${width} ${vector}`,
    bindings: [
      ...operation.inputs.map(([name, holds]) => (
        { name, element: holds === "vectors" ? vector : "u32", access: "read" } as const
      )),
      { name: "result", element: vector, access: "write" },
    ],
    uniforms: ["size", "rows", ...operation.uniforms].map((name) => ({ name, type: "u32" })),
    body: () => `
alias Vector = ${vector};
const WIDTH = ${width}u;
${FLAT_GROUP}
fn valueAt(i: u32, row: u32, sample: u32, place: u32, column: u32) -> Vector {
${operation.code}
}
@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flatGroup(group, groups) * ${THREADS}u + local;
  if (i >= u.size) { return; }
  let row = i / WIDTH;
  result[i] = valueAt(i, row, row / u.rows, row % u.rows, i % WIDTH);
}
`,
  };
}

/**
 * Computes rows in one dispatch, one thread per vector.
 *
 * @param shape of the result [B, rows, D]
 * @param isVector whether vectors have four values instead of one
 */
export function computeRows(
  queue: GpuQueue,
  operation: RowOperation,
  inputs: readonly tf.TensorInfo[],
  uniforms: readonly number[],
  shape: readonly [number, number, number],
  isVector = shape[2] % 4 === 0,
): tf.Tensor3D {
  const result = queue.tensor<tf.Tensor3D>(shape);
  const lanes = isVector ? 4 : 1;
  const size = result.size / lanes;
  queue.run(
    rowShader(operation, shape[2] / lanes, isVector),
    [...inputs, result],
    [size, shape[1], ...uniforms],
    flatGrid(Math.ceil(size / THREADS)),
  );
  return result;
}
