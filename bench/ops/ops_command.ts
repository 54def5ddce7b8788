import * as tf from "@tensorflow/tfjs-core";
import {
  activeKernels,
  type BackendChoice,
  type Device,
  type Kernels,
  openDevice,
  plainKernels,
} from "@videoms/core";
import { type Command, defineCommand, type FlagSpecs } from "../../tasks/command_line/command.ts";
import { autoencoderOf } from "../../tasks/training/model_options.ts";
import pretrainTask from "../../tasks/ucf101/pretrain.ts";
import { median, report, type Row } from "../report.ts";
import { STEP_FLAGS, stepSetting } from "../step/step_flags.ts";
import { type OpCase, opCases } from "./op_cases.ts";

const { recompute: _, ...SETTING } = STEP_FLAGS;

const FLAGS = {
  tokens: { type: "whole", value: "count", help: "tokens of a clip in the stack (default 156)" },
  blas: { type: "text", choices: ["auto", "none"], help: "BLAS of the CPU engine (default auto)" },
  ...SETTING,
} as const satisfies FlagSpecs;

/** Milliseconds of a run, the device waited for. */
async function timeOp(device: Device, kernels: Kernels, op: OpCase, inputs: tf.Tensor[]) {
  const start = performance.now();
  const outputs = op.run(kernels, inputs);
  await device.settle();
  const ms = performance.now() - start;
  tf.dispose(outputs);
  return ms;
}

async function valuesOf(tensors: tf.Tensor[]): Promise<ArrayLike<number>[]> {
  const values: ArrayLike<number>[] = [];
  for (const tensor of tensors) values.push((await tensor.data()).slice());
  tf.dispose(tensors);
  return values;
}

/** Largest difference of an output over its largest value. */
function largestError(
  actual: readonly ArrayLike<number>[],
  expected: readonly ArrayLike<number>[],
): number {
  return Math.max(...expected.map((values, i) => {
    let [difference, largest] = [0, 1e-30];
    for (let j = 0; j < values.length; j++) {
      difference = Math.max(difference, Math.abs(actual[i][j] - values[j]));
      largest = Math.max(largest, Math.abs(values[j]));
    }
    return difference / largest;
  }));
}

/** One operation by our kernels and by stock operations, on the same backend, in turn. */
async function compareOp(device: Device, op: OpCase, turns: number): Promise<Row> {
  const kernels = [activeKernels(), plainKernels];
  const inputs = kernels.map((own) => op.inputs(own));
  const [ours, stock] = [
    await valuesOf(op.run(kernels[0], inputs[0])),
    await valuesOf(op.run(kernels[1], inputs[1])),
  ];
  const times: number[][] = [[], []];
  for (let turn = 0; turn < turns; turn++) {
    for (const i of [0, 1]) times[i].push(await timeOp(device, kernels[i], op, inputs[i]));
  }
  tf.dispose(inputs);
  const [own, other] = times.map(median);
  return {
    operation: op.name,
    "ours ms": own,
    "stock ms": other,
    "ours / stock": own / other,
    "largest difference": largestError(ours, stock),
  };
}

/** `bench ops`. */
export const opsCommand: Command = defineCommand({
  name: "ops",
  summary: "each operation by our kernels and by stock tfjs on the same backend",
  description: [
    "The largest difference is over the largest value. On the CPU engine stock operations multiply " +
    "matrices through our BLAS; `compare` has tfjs as it comes.",
  ],
  positionals: [],
  flags: FLAGS,
  examples: ["ops --size base --batch 2", "ops --backend webgpu --size tiny --batch 1"],
  async run({ flags, signal }) {
    const { size, batch, frames, imageSize } = stepSetting({ ...flags, recompute: undefined });
    const backend = flags.backend as BackendChoice | undefined;
    const device = await openDevice({ backend, blas: flags.blas as "auto" | "none" | undefined });
    console.log(device.description);
    const model = { ...pretrainTask.model, size, frames, imageSize };
    const { geometry, encoder } = autoencoderOf({ ...pretrainTask, model });
    const { width, heads } = encoder;
    const rows: Row[] = [];
    for (const op of opCases({ geometry, batch, tokens: flags.tokens ?? 156, width, heads })) {
      if (signal.aborted) break;
      rows.push(await compareOp(device, op, flags.steps ?? 5));
      device.check();
    }
    await report(rows, flags.json);
  },
});
