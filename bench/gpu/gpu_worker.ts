/**
 * A process that makes one kind of measurement on one WebGPU and prints its figures as lines of JSON.
 *
 * Arguments: `adapters`, `verify` or `products`, and the options as JSON.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { type DeviceOptions, findAdapters, gemmTuning, openDevice } from "@videoms/core";
import { passes } from "@videoms/core/testing";
import { tileTimes } from "../../core/webgpu/autotune/fastest_tile.ts";
import { readGoldenCases } from "../../tasks/commands/verify/verify.ts";
import { verifyCase } from "../../tasks/commands/verify/verify_case.ts";
import type { BlockProduct } from "./block_products.ts";

/** What a worker is told. */
export interface WorkerOptions
  extends Pick<DeviceOptions, "gpu" | "adapter" | "precision" | "matrixUnits"> {
  /** What to time, of `products`. */
  products?: readonly BlockProduct[];
}

function print(figures: Record<string, unknown>): void {
  console.log(JSON.stringify(figures));
}

async function adapters({ gpu }: WorkerOptions): Promise<void> {
  for (const adapter of await findAdapters(gpu!)) print({ ...adapter });
}

/** How many quantities of the recorded cases are within their tolerances, and which comes nearest to its own. */
async function verify({ gpu, adapter, precision }: WorkerOptions): Promise<void> {
  const device = await openDevice({ backend: "webgpu", gpu, adapter, precision });
  let quantities = 0;
  const missed: string[] = [];
  let worst = { quantity: "", share: 0 };
  for (const golden of await readGoldenCases()) {
    for (const comparison of await verifyCase(golden, device)) {
      quantities++;
      const { quantity, error, tolerance } = comparison;
      if (!passes(comparison)) missed.push(`${golden.name}: ${quantity}`);
      const share = tolerance > 0 ? error / tolerance : 0;
      if (share > worst.share) worst = { quantity: `${golden.name}: ${quantity}`, share };
    }
  }
  print({ device: device.description, quantities, missed, worst });
}

/** Times every variant of every product. */
async function products({ gpu, adapter, precision, products }: WorkerOptions): Promise<void> {
  const device = await openDevice({ backend: "webgpu", gpu, adapter, precision });
  const queue = device.queue!;
  const tuning = gemmTuning(queue);
  for (const { name, ...sizes } of products!) {
    // The gradients of weights are float32 in either precision.
    const results = sizes.form === "tn" ? "f32" : precision;
    const mayRound = precision === "f16";
    const product = { ...sizes, a: precision, b: precision, results, mayRound };
    for await (const { tile, milliseconds } of tileTimes(queue, product, tuning.tiles(product))) {
      print({ name, ...sizes, variant: tile.name, ms: milliseconds });
    }
    device.check();
  }
}

if (import.meta.main) {
  const [kind, text] = Deno.args;
  const options = JSON.parse(text) as WorkerOptions;
  tf.env(); // registers the flags before a device sets them
  await { adapters, verify, products }[kind as "verify"](options);
  Deno.exit(0);
}
