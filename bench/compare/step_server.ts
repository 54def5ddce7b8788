/**
 * A process that runs training steps on demand: for each line that it reads, one step, answered with a line
 * of JSON. So several implementations can take turns, each in a process of its own.
 *
 * Arguments: `ours` or `stock` (tfjs's own operations on its own backend, under the same model), and the
 * setting as JSON.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import { type Device, type DeviceOptions, openDevice } from "@videoms/core";
import { motionCentricTokens } from "@videoms/masking";
import { tensorAdamW } from "../../core/optimizer/tensor_optimizer.ts";
import { finetuneBench, pretrainBench, type StepSetting } from "../step/bench_step.ts";
import { evenMasking, type EvenStrategy } from "../step/even_masking.ts";
import { openTuning } from "../../tasks/runs/training/run_tuning.ts";
import { TextLineStream } from "./text_lines.ts";

/** What a server is told. */
export interface ServerSetting
  extends
    StepSetting,
    Pick<DeviceOptions, "precision" | "blas" | "gpu" | "adapter" | "matrixUnits"> {
  /** How pre-training steps choose tokens; null for fine-tuning steps on the tokens that move. */
  strategy: EvenStrategy | null;
  backend: Device["backend"];
}

/**
 * tfjs as it comes: its own backend, none of our kernels, AdamW in its operations. The model's hand-written
 * gradients stay, which keeps less for the backward pass than tfjs's tape would: the comparison favours it.
 */
async function openStock(backend: Device["backend"]): Promise<Device> {
  await import("@tensorflow/tfjs"); // registers the gradients of its operations
  if (backend === "wasm") {
    const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
    const files = new URL(".", import.meta.resolve("@tensorflow/tfjs-backend-wasm"));
    setWasmPaths(fileURLToPath(files));
  } else {
    await import("@tensorflow/tfjs-backend-webgpu");
  }
  await tf.setBackend(backend);
  await tf.ready();
  // tfjs drops what a GPU reports in silence, and with it whole parts of a step.
  const gpu = backend === "webgpu"
    ? (tf.backend() as unknown as { device: GPUDevice }).device
    : null;
  let failure: string | null = null;
  gpu?.addEventListener("uncapturederror", (event) => {
    failure ??= (event as GPUUncapturedErrorEvent).error.message;
  });
  return {
    backend,
    precision: "f32",
    description: `stock tfjs, ${backend}`,
    adapter: null,
    blas: null,
    threads: 1,
    queue: null,
    view: null,
    adamw: tensorAdamW,
    settle: async () => await gpu?.queue.onSubmittedWorkDone(),
    check: () => {
      if (failure !== null) throw new Error(`The GPU reported an error: ${failure}`);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(), // ends with the process
  };
}

if (import.meta.main) {
  const [kernels, text] = Deno.args;
  const setting = JSON.parse(text) as ServerSetting;
  const { backend, blas, precision, gpu, adapter, matrixUnits, strategy } = setting;
  const device = kernels === "ours"
    ? await openDevice({ backend, blas, precision, gpu, adapter, matrixUnits })
    : await openStock(backend);
  // As a training run: what was measured before is taken, the rest is measured after the first step.
  const tuning = await openTuning(device, {}, console.error);
  const step = strategy === null
    ? finetuneBench(device, setting, motionCentricTokens.create(motionCentricTokens.defaults))
    : pretrainBench(device, setting, evenMasking(strategy));
  console.log(JSON.stringify({ ready: device.description }));
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  let isFirst = true;
  for await (const _ of lines) {
    const before = device.queue?.counts().dispatches ?? 0;
    const start = performance.now();
    const read = await step.run();
    device.queue?.flush();
    const recording = performance.now() - start;
    const loss = await read(); // submits what was recorded
    await device.settle();
    const ms = performance.now() - start;
    if (isFirst) await tuning.measure(console.error, new AbortController().signal);
    isFirst = false;
    device.check();
    const counts = device.queue?.counts();
    const own = counts && {
      gpuBytes: counts.allocatedBytes,
      dispatches: counts.dispatches - before,
      recording,
    };
    console.log(JSON.stringify({ ms, loss, ...own }));
  }
  Deno.exit(0);
}
