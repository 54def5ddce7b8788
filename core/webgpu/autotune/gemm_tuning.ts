import { GEMM_TILES, type GemmTile, usualTile } from "../gemm/gemm_tile.ts";
import type { GemmProduct } from "../gemm/run_gemm.ts";
import type { GpuQueue } from "../gpu_queue.ts";
import { adapterName, isLargeGpu } from "./adapter.ts";
import { fastestTile } from "./fastest_tile.ts";
import { checkTuningRecord, TUNING_VERSION, type TuningRecord } from "./tuning_record.ts";

/** Rounds to the nearest of 1, 1¼, 1½ and 1¾ times a power of two. */
function roundSize(size: number): number {
  if (size <= 8) return size;
  const step = 2 ** (Math.floor(Math.log2(size)) - 2);
  return Math.round(size / step) * step;
}

/** Whether there is nothing to compute, and so nothing to measure. */
function isEmpty({ m, n, k }: GemmProduct): boolean {
  return m * n * k === 0;
}

/** What else than sizes tells products apart. */
function typeKey({ a, b, results }: GemmProduct): string {
  const types = [a, b, results].map((type) => type ?? "f32");
  return types.includes("f16") ? ` ${types.join()}` : "";
}

function productKey(product: GemmProduct): string {
  const { form, m, n, k } = product;
  return `${form} ${roundSize(m)}x${roundSize(n)}x${roundSize(k)}${typeKey(product)}`;
}

/**
 * Chooses how matrix products are cut into tiles: as measured on this GPU, else by a table. The choice
 * changes how fast a product is, never its result.
 */
export class GemmTuning {
  readonly #queue: GpuQueue;
  readonly #adapter: string;
  readonly #isLarge: boolean;
  readonly #measured = new Map<string, GemmTile>();
  readonly #met = new Map<string, GemmProduct>();
  /** Choices by exact sizes and types, so that a call costs one look-up. */
  readonly #choices = new Map<string, GemmTile>();
  #others: TuningRecord["adapters"] = {};

  /** Reached through {@linkcode gemmTuning}. */
  constructor(queue: GpuQueue) {
    this.#queue = queue;
    this.#adapter = adapterName(queue.device);
    this.#isLarge = isLargeGpu(queue.device);
  }

  /** The tile for a product. */
  tile(product: GemmProduct): GemmTile {
    const { form, m, n, k, a = "f32", b = "f32", results = "f32" } = product;
    const exact = `${form}${m},${n},${k}${a}${b}${results}`;
    const known = this.#choices.get(exact);
    if (known) return known;
    const key = productKey(product);
    if (!isEmpty(product) && !this.#met.has(key)) this.#met.set(key, product);
    const choice = this.#measured.get(key) ?? usualTile(m, n, this.#isLarge);
    this.#choices.set(exact, choice);
    return choice;
  }

  /** Products that were met and not measured, one of each rounded size. */
  unmeasured(): GemmProduct[] {
    return [...this.#met].filter(([key]) => !this.#measured.has(key)).map(([, met]) => met);
  }

  /**
   * Measures the tiles for some products, one after the other; takes some milliseconds for each on a
   * GPU. tfjs's current backend must be the queue's.
   *
   * @param products those of a known rounded size are skipped
   */
  async tune(products: readonly GemmProduct[] = this.unmeasured()): Promise<void> {
    for (const product of products) {
      const key = productKey(product);
      if (isEmpty(product) || this.#measured.has(key)) continue;
      this.#measured.set(key, await fastestTile(this.#queue, product));
    }
    this.#choices.clear();
  }

  /** All measured choices, those that were loaded for other GPUs included. */
  save(): TuningRecord {
    const own = [...this.#measured].map(([key, { name }]) => [key, name] as const).sort();
    return {
      version: TUNING_VERSION,
      adapters: { ...this.#others, [this.#adapter]: Object.fromEntries(own) },
    };
  }

  /**
   * Takes over what {@linkcode GemmTuning.save} gave. Choices of another version of the kernels are left
   * out, since they would have to be measured again.
   *
   * @returns whether the record is of this version
   * @throws {TypeError} if it is no such record
   */
  load(record: TuningRecord): boolean {
    checkTuningRecord(record);
    if (record.version !== TUNING_VERSION) return false;
    const { [this.#adapter]: own = {}, ...others } = record.adapters;
    this.#others = { ...this.#others, ...others };
    for (const [key, name] of Object.entries(own)) {
      const tile = GEMM_TILES.find((tile) => tile.name === name);
      if (tile) this.#measured.set(key, tile);
    }
    this.#choices.clear();
    return true;
  }
}

const tunings = new WeakMap<GpuQueue, GemmTuning>();

/**
 * The choices for the device of a queue.
 *
 * @example Measure once, after a first training step has shown which products there are
 * ```ts
 * import { gemmTuning, openDevice } from "@videoms/core";
 *
 * const { queue } = await openDevice();
 * if (queue) {
 *   const tuning = gemmTuning(queue);
 *   await tuning.tune();
 *   console.log(JSON.stringify(tuning.save()));
 * }
 * ```
 */
export function gemmTuning(queue: GpuQueue): GemmTuning {
  let tuning = tunings.get(queue);
  if (!tuning) tunings.set(queue, tuning = new GemmTuning(queue));
  return tuning;
}
