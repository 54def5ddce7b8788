/**
 * A process that runs training steps on demand: for each line that it reads, one step, answered with a line
 * of JSON. So several implementations can take turns, each in a process of its own.
 *
 * Arguments: `ours` or `stock` (tfjs's own operations on its own backend, under the same model), and the
 * setting as JSON.
 *
 * @module
 */

import { TextLineStream } from "./text_lines.ts";
import * as tf from "@tensorflow/tfjs-core";
import { type Device, openDevice, tensorAdamW } from "@videoms/core";
import { pretrainBench, type StepSetting } from "../step/bench_step.ts";
import { evenMasking, type EvenStrategy } from "../step/even_masking.ts";

/** What a server is told. */
export interface ServerSetting extends StepSetting {
  strategy: EvenStrategy;
  backend: Device["backend"];
}

/**
 * tfjs as it comes: its own backend, none of our kernels, AdamW in its operations. The model's hand-written
 * gradients stay, which keeps less for the backward pass than tfjs's tape would: the comparison favours it.
 */
async function openStock(backend: Device["backend"]): Promise<Device> {
  if (backend === "wasm") {
    const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
    const files = new URL(".", import.meta.resolve("@tensorflow/tfjs-backend-wasm"));
    setWasmPaths(decodeURIComponent(files.pathname));
  } else {
    await import("@tensorflow/tfjs-backend-webgpu");
  }
  await tf.setBackend(backend);
  await tf.ready();
  return {
    backend,
    description: `stock tfjs, ${backend}`,
    adapter: null,
    queue: null,
    adamw: tensorAdamW,
    settle: () => Promise.resolve(),
    check: () => {},
  };
}

if (import.meta.main) {
  const [kernels, text] = Deno.args;
  const setting = JSON.parse(text) as ServerSetting;
  const { backend } = setting;
  const device = kernels === "ours" ? await openDevice({ backend }) : await openStock(backend);
  const step = pretrainBench(device, setting, evenMasking(setting.strategy));
  console.log(JSON.stringify({ ready: device.description }));
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  for await (const _ of lines) {
    const start = performance.now();
    const read = await step.run();
    const loss = await read(); // waits for the device
    console.log(JSON.stringify({ ms: performance.now() - start, loss }));
  }
  Deno.exit(0);
}
