import type { GpuQueue } from "../../core/webgpu/gpu_queue.ts";
import type { MatrixUnit } from "../../core/webgpu/matrix/matrix_unit.ts";
import type { Shader } from "../../core/webgpu/shader.ts";

/**
 * WGSL of a unit in plain code: an operand is the place of its numbers in its tile, and each thread of a
 * subgroup holds a share of the sums.
 */
function emulation({ m, n, k, subgroupSize }: MatrixUnit): string {
  const share = m * n / subgroupSize;
  const entries = Array.from({ length: share }, (_, i) => ({
    value: `sums[${i}]`,
    row: `((lane * ${share}u + ${i}u) / ${n}u)`,
    column: `((lane * ${share}u + ${i}u) % ${n}u)`,
  }));
  return `
struct Place { at: u32, perRow: u32, perColumn: u32, isOne: bool };
alias LeftMatrix = Place;
alias RightMatrix = Place;
alias ResultMatrix = array<f32, ${share}>;
fn row_major(at: u32, stride: u32) -> Place { return Place(at, stride, 1u, false); }
fn col_major(at: u32, stride: u32) -> Place { return Place(at, 1u, stride, false); }
fn multiplyAdd(lane: u32, a: Place, b: Place, before: ResultMatrix) -> ResultMatrix {
  var sums = before;
  for (var i = 0u; i < ${k}u; i++) {
    ${
    entries.map(({ value, row, column }) =>
      `${value} += select(f32(tileA[a.at + ${row} * a.perRow + i * a.perColumn]), 1.0, a.isOne) * ` +
      `f32(tileB[b.at + i * b.perRow + ${column} * b.perColumn]);`
    ).join("\n    ")
  }
  }
  return sums;
}
fn store(lane: u32, at: u32, sums: ResultMatrix, stride: u32) {
  ${
    entries.map(({ value, row, column }) => `strips[at + ${row} * stride + ${column}] = ${value};`)
      .join("\n  ")
  }
}
`;
}

/** A product's shader with its matrix unit in plain WGSL, which every device with half precision runs. */
function emulated(shader: Shader, unit: MatrixUnit): Shader {
  const { subgroupSize } = unit;
  return {
    ...shader,
    key: `emulated ${subgroupSize} ${shader.key}`,
    matrices: false,
    f16: true,
    body: (target) =>
      shader.body(target)
        .replace(/alias LeftMatrix[^]*?ResultMatrix = .*\n/, () => emulation(unit))
        .replace(/ *@builtin\(subgroup_id\).*\n/, "")
        .replace(
          /(fn main\([^{]*\{\n)/,
          `$1  let subgroup = local / ${subgroupSize}u;\n  let lane = local % ${subgroupSize}u;\n`,
        )
        .replaceAll("LeftMatrix(1.0h)", "Place(0u, 0u, 0u, true)")
        .replaceAll(/subgroupMatrixLoad<\w+, (\w+)>\(&\w+, /g, "$1(")
        .replaceAll("subgroupMatrixMultiplyAccumulate(", "multiplyAdd(lane, ")
        .replaceAll(/subgroupMatrixStore<row_major>\(&strips, /g, "store(lane, "),
  };
}

/** Lets a queue run products on a matrix unit that its device does not have, until the function returns. */
export async function withEmulatedUnit<T>(
  queue: GpuQueue,
  unit: MatrixUnit,
  work: () => Promise<T>,
): Promise<T> {
  const { run } = queue;
  queue.run = (shader, ...rest) =>
    run.call(queue, shader.matrices ? emulated(shader, unit) : shader, ...rest);
  try {
    return await work();
  } finally {
    delete (queue as Partial<GpuQueue>).run;
  }
}
