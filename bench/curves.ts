/**
 * Training curves of the fused kernels against those of stock tfjs operations: the default task, the same
 * weights, clips and random draws, step by step.
 *
 * What must agree is the mean loss of every 20 steps. Where tokens are chosen by how they move, single steps drift
 * apart: shapes have many that move alike, and which of two equals is reconstructed turns on the last bit, from the
 * first step on. A mask that does not look at the clip (`--masking tube`) shows the kernels alone.
 *
 * ```sh
 * deno task curves                                  # 200 steps on the CPU engine
 * deno task curves --masking tube --steps 40 --tolerance 1e-5
 * deno task curves --backend webgpu --steps 50
 * deno task curves --backend webgpu --steps 50 --precision f16
 * ```
 *
 * @module
 */

import { parseArgs } from "node:util";
import {
  activeKernels,
  type BackendChoice,
  BACKENDS,
  type Kernels,
  type Precision,
  PRECISIONS,
  referenceKernels,
  useKernels,
} from "@videoms/core";
import { clipsOf } from "@videoms/data";
import { listenForStop, standardOutput } from "@videoms/data/console";
import { loadRegistry } from "../tasks/definition/plugins.ts";
import { pretraining } from "../tasks/runs/pretrain/pretrain.ts";
import { openRun } from "../tasks/runs/training/open_run.ts";
import { changeAt } from "../tasks/runs/training/train_loop.ts";
import pretrainTask from "../tasks/shapes/pretrain.ts";

/** Steps whose mean losses are compared. */
const WINDOW = 20;

const { values: flags } = parseArgs({
  options: {
    backend: { type: "string", default: "wasm" },
    /** A masking strategy with its default options. @default the task's */
    masking: { type: "string" },
    steps: { type: "string", default: "200" },
    /** What the fused kernels store values within blocks in. */
    precision: { type: "string", default: "f32" },
    /** Largest difference of the mean loss of {@linkcode WINDOW} steps, over that loss, that passes. */
    tolerance: { type: "string", default: "0.01" },
  },
});
const steps = Number(flags.steps);
const tolerance = Number(flags.tolerance);
const backend = flags.backend as BackendChoice;
const precision = flags.precision as Precision;
if (
  !BACKENDS.includes(backend) || !PRECISIONS.includes(precision) || !(steps >= 1) ||
  !(tolerance > 0)
) {
  throw new RangeError(
    `Cannot compare curves: backend must be one of ${BACKENDS.join(", ")}, precision one of ` +
      `${PRECISIONS.join(", ")}, steps and tolerance positive, got ${flags.backend}, ` +
      `${flags.precision}, ${flags.steps} and ${flags.tolerance}`,
  );
}
const signal = listenForStop(standardOutput());
const registry = await loadRegistry();
const masking = flags.masking === undefined
  ? pretrainTask.masking
  : registry.describe({ kind: "masking", name: flags.masking });

/** The losses of the first steps of the default task, with the kernels that `choose` picks. */
async function curve(
  choose: (own: Kernels) => Kernels,
  precision: Precision,
): Promise<Float32Array> {
  const out = await Deno.makeTempDir({ prefix: "videoms-curves-" });
  await using folder = new AsyncDisposableStack();
  folder.defer(() => Deno.remove(out, { recursive: true }));
  const data = { ...pretrainTask.data, heldOutClips: 0 };
  const task = { ...pretrainTask, backend, precision, masking, out, data };
  await using run = await openRun(pretraining(task, registry), task, registry, {
    fresh: true,
    tell: () => {},
    onProgress: () => {},
    signal,
    output: standardOutput(),
  });
  if ("finished" in run) throw new Error(`Cannot draw a curve: ${out} must hold no run`);
  const { device } = run;
  const own = activeKernels();
  useKernels(device.backend, choose(own));
  const losses = new Float32Array(steps);
  const start = performance.now();
  try {
    let step = 0;
    for await (const batch of run.batches(0, 0, steps)) {
      const { loss } = await run.step(clipsOf(batch), changeAt(run, batch, step));
      losses[step++] = (await loss.data())[0];
      loss.dispose();
      batch.release();
      if (step === steps || signal.aborted) break;
    }
  } finally {
    useKernels(device.backend, own);
  }
  const seconds = (performance.now() - start) / 1000;
  console.log(`${choose(own) === own ? "fused" : "plain"}: ${seconds.toFixed(1)} s`);
  return losses;
}

const fused = await curve((own) => own, precision);
const plain = await curve(() => referenceKernels, "f32");

/** |a - b| over b. */
function apart(a: number, b: number): number {
  return Math.abs(a - b) / Math.abs(b);
}

/** Mean losses of each window; the last may be shorter. */
function windowMeans(losses: Float32Array): number[] {
  return Array.from({ length: Math.ceil(losses.length / WINDOW) }, (_, i) => {
    const part = losses.subarray(i * WINDOW, (i + 1) * WINDOW);
    return part.reduce((sum, loss) => sum + loss, 0) / part.length;
  });
}

function largest(differences: number[]): number {
  // Math.max() gives NaN where a loss is not a number, which never passes.
  return Math.max(...differences);
}

console.log(`loss, mean of ${WINDOW} steps\nto step  plain     fused     difference`);
const [fusedMeans, plainMeans] = [fused, plain].map(windowMeans);
const differences = plainMeans.map((mean, i) => apart(fusedMeans[i], mean));
plainMeans.forEach((mean, i) => {
  const last = String(Math.min(steps, (i + 1) * WINDOW)).padStart(7);
  const shown = [mean, fusedMeans[i]].map((loss) => loss.toFixed(6)).join("  ");
  console.log(`${last}  ${shown}  ${differences[i].toExponential(1)}`);
});
const single = largest(Array.from(plain, (loss, step) => apart(fused[step], loss)));
console.log(`largest difference of a single step: ${single.toExponential(2)} of the loss`);
console.log(`largest difference of a mean: ${largest(differences).toExponential(2)} of the loss`);
Deno.exit(largest(differences) <= tolerance ? 0 : 1);
