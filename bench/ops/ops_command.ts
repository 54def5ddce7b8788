import * as tf from "@tensorflow/tfjs-core";
import {
  activeKernels,
  type Device,
  type Kernels,
  openDevice,
  referenceKernels,
  tokenGrid,
} from "@videoms/core";
import { type Command, defineCommand, type FlagSpecs, UsageError } from "@videoms/data/console";
import { autoencoderOf } from "../../tasks/runs/network/model_options.ts";
import pretrainTask from "../../tasks/ucf101/pretrain.ts";
import { median, report, type Row } from "../report.ts";
import { deviceOptions, STEP_FLAGS, stepCounts, stepSetting } from "../step/step_flags.ts";
import type { OpCase } from "./op_case.ts";
import { opCases } from "./op_cases.ts";

const { recompute: _, ...SETTING } = STEP_FLAGS;

const FLAGS = {
  tokens: { type: "whole", value: "count", help: "tokens of a clip in the stack (default 156)" },
  oracle: {
    type: "boolean",
    help: "take differences from tfjs's plain cpu backend, the oracle of the tests (slow)",
  },
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

async function valuesOf(
  kernels: Kernels,
  op: OpCase,
  inputs: tf.Tensor[],
): Promise<ArrayLike<number>[]> {
  const outputs = op.run(kernels, inputs);
  const values: ArrayLike<number>[] = [];
  for (const tensor of outputs) values.push((await tensor.data()).slice());
  tf.dispose(outputs);
  return values;
}

/** The values of an operation on tfjs's plain backend. */
async function oracleOf(device: Device, op: OpCase): Promise<ArrayLike<number>[]> {
  tf.env().set("IS_NODE", false); // else its first use prints an advertisement for tfjs-node
  await tf.setBackend("cpu");
  try {
    const inputs = op.inputs(referenceKernels);
    const values = await valuesOf(referenceKernels, op, inputs);
    tf.dispose(inputs);
    return values;
  } finally {
    await tf.setBackend(device.backend);
  }
}

/** Largest difference of an output over its largest value. */
function largestError(
  actual: readonly ArrayLike<number>[],
  expected: readonly ArrayLike<number>[],
): number {
  return Math.max(...expected.map((values, i) => {
    let [difference, largest] = [0, 1e-30];
    for (let j = 0; j < values.length; j++) {
      // A value that is not a number is as wrong as can be.
      const apart = Math.abs(actual[i][j] - values[j]);
      difference = apart <= difference ? difference : Number.isNaN(apart) ? Infinity : apart;
      largest = Math.max(largest, Math.abs(values[j]));
    }
    return difference / largest;
  }));
}

/** One operation by our kernels and by stock operations, on the same backend, in turn. */
async function compareOp(
  device: Device,
  op: OpCase,
  { count, warmup }: { count: number; warmup: number },
  oracle: boolean,
): Promise<Row> {
  const kernels = [activeKernels(), referenceKernels];
  const inputs = kernels.map((own) => op.inputs(own));
  const ours = await valuesOf(kernels[0], op, inputs[0]);
  const stock = await valuesOf(kernels[1], op, inputs[1]);
  const expected = oracle ? await oracleOf(device, op) : stock;
  const times: number[][] = [[], []];
  for (let turn = 0; turn < warmup + count; turn++) {
    for (const i of [0, 1]) {
      const ms = await timeOp(device, kernels[i], op, inputs[i]);
      if (turn >= warmup) times[i].push(ms);
    }
  }
  tf.dispose(inputs);
  const [own, other] = times.map(median);
  return {
    operation: op.name,
    "ours ms": own,
    "stock ms": other,
    "ours / stock": own / other,
    "largest difference": largestError(ours, expected),
  };
}

/** `bench ops`. */
export const opsCommand: Command = defineCommand({
  summary: "each operation by our kernels and by stock tfjs on the same backend",
  description: [
    "The largest difference is over the largest value of the output. On the CPU engine stock operations " +
    "multiply matrices through our BLAS too; `compare` has tfjs as it comes. On a GPU each run is waited " +
    "for, so that small operations show the time of a submit; `step` has the time within a step.",
  ],
  positionals: [],
  flags: FLAGS,
  examples: ["ops --size base --batch 2", "ops --backend webgpu --size tiny --batch 1 --oracle"],
  async run({ flags, signal }) {
    const { size, batch, frames, imageSize } = stepSetting({ ...flags, recompute: undefined });
    const counts = stepCounts(flags);
    const { tokens = 156, oracle = false } = flags;
    await using device = await openDevice(deviceOptions(flags));
    const model = { ...pretrainTask.model, size, frames, imageSize };
    const { geometry, encoder } = autoencoderOf({ ...pretrainTask, model });
    const { width, heads } = encoder;
    const most = tokenGrid(geometry).tokens;
    if (tokens < 1 || tokens > most) {
      throw new UsageError(
        `Cannot run a benchmark: --tokens must be from 1 to ${most}, got ${tokens}`,
      );
    }
    const rows: Row[] = [];
    for (const op of opCases({ geometry, batch, tokens, width, heads })) {
      signal.throwIfAborted();
      rows.push(await compareOp(device, op, counts, oracle));
      device.check();
    }
    const sizes = `ViT-${size}, batch ${batch}, ${tokens} tokens`;
    await report(rows, { device: device.description, sizes }, flags.json);
  },
});
