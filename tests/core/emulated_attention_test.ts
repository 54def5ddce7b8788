import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { matrixBytes, matrixLayout } from "../../core/webgpu/attention/matrix_layout.ts";
import { QUERY_GRADIENT_MEMORY } from "../../core/webgpu/attention/matrix_query_gradient_shader.ts";
import { attentionKernels } from "../../core/webgpu/attention_kernels.ts";
import type { GpuQueue } from "../../core/webgpu/gpu_queue.ts";
import type { MatrixUnit } from "../../core/webgpu/matrix/matrix_unit.ts";
import type { Shader } from "../../core/webgpu/shader.ts";
import { isHalfSkipped, openTestGpu } from "../backends.ts";
import { assertNear } from "./cpu_reference.ts";
import { caseOf, run } from "./matrix_attention_cases.ts";

/** Arrays of operands and of sums. */
const OPERANDS = ["others", "otherValues", "otherGradients", "weights", "weightSlopes"];
const SUMS = ["scores", "slopes"];

/** WGSL of a unit in plain code: a thread holds its share of the sums, and the row of the left that it needs. */
function emulation({ m, n, k, subgroupSize }: MatrixUnit, code: string): string {
  const share = m * n / subgroupSize;
  assert.ok(n % share === 0, "a share lies in one row");
  const isUsed = (name: string) => code.includes(`var<workgroup> ${name}:`);
  const operands = OPERANDS.filter(isUsed).map((name) => `
fn left_${name}(lane: u32, at: u32, stride: u32) -> LeftMatrix {
  var left: LeftMatrix;
  for (var i = 0u; i < ${k}u; i++) { left[i] = f32(${name}[at + rowOf(lane) * stride + i]); }
  return left;
}
fn multiply_${name}(lane: u32, left: LeftMatrix, right: Place, before: ResultMatrix) -> ResultMatrix {
  var row = left;
  var sums = before;
  for (var i = 0u; i < ${k}u; i++) {
    for (var j = 0u; j < ${share}u; j++) {
      let at = right.at + i * right.perRow + (columnOf(lane) + j) * right.perColumn;
      sums[j] += row[i] * f32(${name}[at]);
    }
  }
  return sums;
}`);
  const sums = SUMS.filter(isUsed).map((name) => `
fn load_${name}(lane: u32, at: u32, stride: u32) -> ResultMatrix {
  var sums: ResultMatrix;
  for (var j = 0u; j < ${share}u; j++) {
    sums[j] = ${name}[at + rowOf(lane) * stride + columnOf(lane) + j];
  }
  return sums;
}
fn store_${name}(lane: u32, at: u32, values: ResultMatrix, stride: u32) {
  var sums = values;
  for (var j = 0u; j < ${share}u; j++) {
    ${name}[at + rowOf(lane) * stride + columnOf(lane) + j] = sums[j];
  }
}`);
  return `
struct Place { at: u32, perRow: u32, perColumn: u32 };
alias LeftMatrix = array<f32, ${k}>;
alias ResultMatrix = array<f32, ${share}>;
fn row_major(at: u32, stride: u32) -> Place { return Place(at, stride, 1u); }
fn col_major(at: u32, stride: u32) -> Place { return Place(at, 1u, stride); }
fn rowOf(lane: u32) -> u32 { return lane * ${share}u / ${n}u; }
fn columnOf(lane: u32) -> u32 { return lane * ${share}u % ${n}u; }
${[...operands, ...sums].join("\n")}
`;
}

/** A shader of attention with its matrix unit in plain WGSL, which every device with half precision runs. */
function emulated(shader: Shader, unit: MatrixUnit): Shader {
  const { subgroupSize } = unit;
  return {
    ...shader,
    key: `emulated ${subgroupSize} ${shader.key}`,
    matrices: false,
    f16: true,
    body: (target) => {
      const code = shader.body(target);
      return code
        .replace(/alias LeftMatrix[^]*?ResultMatrix = .*\n/, () => emulation(unit, code))
        .replace(/ *@builtin\(subgroup_id\).*\n/, "")
        .replace(
          /(fn main\([^{]*\{\n)/,
          `$1  let subgroup = local / ${subgroupSize}u;\n  let lane = local % ${subgroupSize}u;\n`,
        )
        .replaceAll(/@diagnostic\([^)]*\) /g, "")
        .replace("isRaised: atomic<u32>", "isRaised: u32")
        .replaceAll(/atomicStore\(&isRaised, (\w+)\)/g, "isRaised = $1")
        .replaceAll(
          /subgroupMatrixMultiplyAccumulate\((\w+), subgroupMatrixLoad<RightMatrix, (\w+)>\(&(\w+), /g,
          "multiply_$3(lane, $1, $2(",
        )
        .replaceAll(/subgroupMatrixLoad<LeftMatrix, row_major>\(&(\w+), /g, "left_$1(lane, ")
        .replaceAll(/subgroupMatrixLoad<ResultMatrix, row_major>\(&(\w+), /g, "load_$1(lane, ")
        .replaceAll(/subgroupMatrixStore<row_major>\(&(\w+), /g, "store_$1(lane, ");
    },
  };
}

/** Attention on a unit that the device does not have. */
async function runEmulated(
  queue: GpuQueue,
  unit: MatrixUnit,
  given: ReturnType<typeof caseOf>,
): ReturnType<typeof run> {
  const { run: record } = queue;
  queue.run = (shader, ...rest) =>
    record.call(queue, shader.matrices ? emulated(shader, unit) : shader, ...rest);
  try {
    return await run(queue, given, attentionKernels(queue, undefined, [unit]));
  } finally {
    delete (queue as Partial<GpuQueue>).run;
  }
}

/** Units of several GPUs, and widths of heads, padded ones among them. */
const CASES: [unit: MatrixUnit, widths: number[]][] = [
  [{ m: 16, n: 16, k: 16, subgroupSize: 32 }, [20, 40]],
  [{ m: 16, n: 8, k: 16, subgroupSize: 32 }, [32]],
  [{ m: 8, n: 8, k: 8, subgroupSize: 32 }, [32]],
  [{ m: 8, n: 8, k: 8, subgroupSize: 8 }, [30]],
];

for (const [unit, widths] of CASES) {
  const { m, n, k, subgroupSize } = unit;
  Deno.test({
    name:
      `attention on units of ${m}x${n}x${k} and ${subgroupSize} threads, emulated, is near float64`,
    ignore: isHalfSkipped,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      using device = await openTestGpu();
      const { queue } = device;
      const before = tf.memory().numTensors;
      for (const width of widths) {
        for (const [tokens, spread] of [[9, 1], [118, 2]]) {
          const given = caseOf(queue, [1, tokens, 2, width], spread);
          const { y, dQkv } = await runEmulated(queue, unit, given);
          assertNear(y, given.expected.y, 1e-3, `y of ${tokens} tokens, heads of ${width}`);
          assertNear(dQkv, given.expected.dQkv, 3e-3, `gradient of ${tokens}, heads of ${width}`);
        }
      }
      const failure = device.failure();
      if (failure) throw failure;
      assert.equal(tf.memory().numTensors, before);
    },
  });
}

Deno.test("layouts of attention on matrix units fit the memory, whole matrices and threads", () => {
  for (const [unit] of CASES) {
    for (const limit of [16384, 32768, 49152]) {
      for (let width = 1; width <= 128; width++) {
        const layout = matrixLayout(width, unit, QUERY_GRADIENT_MEMORY, limit);
        assert.ok(layout, `heads of ${width} with ${limit} bytes`);
        assert.ok(matrixBytes(layout, QUERY_GRADIENT_MEMORY) <= limit && layout.threads <= 256);
        const { depth, columns } = layout;
        assert.ok(depth >= width && depth % unit.n === 0 && depth % unit.k === 0);
        assert.equal(columns % unit.m, 0);
      }
    }
    assert.equal(matrixLayout(64, unit, QUERY_GRADIENT_MEMORY, 2048), null);
  }
});
