/**
 * Time and memory of pre-training steps on random pixels: no decoding, nothing written.
 *
 * ```sh
 * deno run --allow-read --allow-env --allow-sys --allow-ffi bench/pretrain_step.ts \
 *   --size base --batch 2 --masking motion-centric --backend wasm --steps 5
 * ```
 *
 * @module
 */

import { parseArgs } from "node:util";
import {
  AdamW,
  BACKENDS,
  createRegistry,
  initialParameters,
  openDevice,
  Parameters,
  pluginsOf,
  randomStream,
} from "@videoms/core";
import * as masking from "@videoms/masking";
import { MaskedAutoencoder, maskedAutoencoderCost, totalCost } from "@videoms/models";
import { autoencoderOf } from "../tasks/training/model_options.ts";
import { trainingStep } from "../tasks/pretrain/training_step.ts";
import task from "../tasks/ucf101/pretrain.ts";

const { values: flags } = parseArgs({
  options: {
    size: { type: "string", default: "base" },
    batch: { type: "string", default: "2" },
    masking: { type: "string", default: "motion-centric" },
    backend: { type: "string", default: "auto" },
    blas: { type: "string", default: "auto" },
    steps: { type: "string", default: "5" },
  },
});

const device = await openDevice({
  backend: flags.backend as typeof BACKENDS[number],
  blas: flags.blas as "auto" | "none",
});
const batch = Number(flags.batch);
const size = flags.size as typeof task.model.size;
const model = new MaskedAutoencoder(autoencoderOf({ ...task, model: { ...task.model, size } }));
const parameters = new Parameters(model.specs, initialParameters(model.specs, 0));
const registry = createRegistry(pluginsOf(masking));
const strategy = registry.create<masking.MaskingStrategy>({ kind: "masking", name: flags.masking });
const context = {
  model,
  parameters,
  strategy,
  selector: registry.create<masking.FrameSelector>(task.frames),
  device,
  optimizer: new AdamW(device, parameters),
  normalizeTargets: true,
};

const { frames, imageSize } = model.options.geometry;
const noise = randomStream(0, "pixels").uniforms(imageSize * imageSize * 3);
// Every frame is the same noise moved by a few bytes: cheap to make, and all of it moves.
const pixels = Uint8Array.from(
  { length: batch * frames * noise.length },
  (_, i) => 256 * noise[(i + 12 * Math.floor(i / noise.length)) % noise.length],
);

console.log(device.description);
const times: number[] = [];
for (let step = 0; step <= Number(flags.steps); step++) {
  const start = performance.now();
  const { loss } = await trainingStep(context, { pixels, batch }, {
    learningRate: 1e-4,
    weightDecay: 0.05,
    clipGradient: null,
    microBatches: 1,
    random: Array.from({ length: batch }, (_, b) => randomStream(0, step, b)),
  });
  loss.dispose();
  await device.settle();
  if (step > 0) times.push(performance.now() - start); // the first step warms up
}
times.sort((a, b) => a - b);
const median = times[times.length >> 1];
const { visible, target } = strategy.counts(model.grid);
const forward = totalCost(maskedAutoencoderCost(model.options, visible, target));
// A backward pass costs two forward passes; a multiply-accumulate is two operations.
const rate = 6 * forward * batch / (median / 1000) / 1e9;
console.log(
  `ViT-${size}, batch ${batch}, ${strategy.name}: median ${median.toFixed(0)} ms, ` +
    `least ${times[0].toFixed(0)} ms, ${(1000 * batch / median).toFixed(2)} clips/s, ` +
    `${rate.toFixed(0)} GFLOP/s, ${(Deno.memoryUsage().rss / 1e9).toFixed(2)} GB resident`,
);
Deno.exit(0);
