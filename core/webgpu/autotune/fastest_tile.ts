import * as tf from "@tensorflow/tfjs-core";
import type { GemmTile } from "../gemm/gemm_tile.ts";
import { type GemmCall, type GemmProduct, runGemm } from "../gemm/run_gemm.ts";
import type { GpuQueue } from "../gpu_queue.ts";
import { storeAs } from "../store_as.ts";
import type { ValueType } from "../value_type.ts";
import { gpuTime } from "./gpu_timer.ts";

/** Minimum duration of a measurement in milliseconds: shorter ones are mostly noise. */
const LONG_ENOUGH = 2;

const MOST_RUNS = 50;

/** Measurements per tile, of which the fastest is used. */
const MEASUREMENTS = 3;

/** Tiles this many times slower than the best in one measurement are not measured further. */
const HOPELESS = 2;

/** Time of one product with a compiled tile in milliseconds. */
async function timeOf(
  queue: GpuQueue,
  tile: GemmTile,
  call: GemmCall,
  best: number,
): Promise<number> {
  const record = (times: number) => () => {
    for (let i = 0; i < times; i++) {
      const { c, sums } = runGemm(queue, tile, call);
      c.dispose();
      sums?.dispose();
    }
  };
  await gpuTime(queue, record(1));
  let fastest = await gpuTime(queue, record(1));
  if (fastest > HOPELESS * best) return fastest;
  const runs = Math.max(1, Math.min(MOST_RUNS, Math.ceil(LONG_ENOUGH / fastest)));
  for (let i = 0; i < MEASUREMENTS; i++) {
    fastest = Math.min(fastest, await gpuTime(queue, record(runs)) / runs);
  }
  return fastest;
}

/** A tile and its time for a product. */
export interface TileTime {
  readonly tile: GemmTile;
  /** Milliseconds; of a tile that is hopelessly slow, of a single run. */
  readonly milliseconds: number;
}

/** Times tiles for a product, one after the other. tfjs's current backend must be the queue's. */
export async function* tileTimes(
  queue: GpuQueue,
  product: GemmProduct,
  tiles: readonly GemmTile[],
): AsyncGenerator<TileTime> {
  const { form, m, n, k, results } = product;
  const operand = (shape: [number, number], type: ValueType = "f32") =>
    tf.tidy(() => storeAs(queue, tf.fill(shape, 0.5), type));
  const a = operand(form === "tn" ? [k, m] : [m, k], product.a);
  const b = operand(form === "nt" ? [n, k] : [k, n], product.b);
  const call: GemmCall = { sizes: product, a, b, results, columnSums: form === "tn" };
  try {
    let best = Infinity;
    for (const tile of tiles) {
      const milliseconds = await timeOf(queue, tile, call, best);
      best = Math.min(best, milliseconds);
      yield { tile, milliseconds };
    }
  } finally {
    tf.dispose([a, b]);
  }
}

/** The fastest of some tiles for a product. tfjs's current backend must be the queue's. */
export async function fastestTile(
  queue: GpuQueue,
  product: GemmProduct,
  tiles: readonly GemmTile[],
): Promise<GemmTile> {
  const times = await Array.fromAsync(tileTimes(queue, product, tiles));
  return times.reduce((best, one) => one.milliseconds < best.milliseconds ? one : best).tile;
}
