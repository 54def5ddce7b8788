import { type AdapterSummary, isLargeGpu, isSlowCompiler } from "../adapter_summary.ts";
import { GEMM_TILES, type GemmTile, QUICK_TILE, usualTile } from "../gemm/gemm_tile.ts";
import { matrixTiles, usualMatrixTile } from "../gemm/matrix_tile.ts";
import type { GemmProduct } from "../gemm/run_gemm.ts";
import type { GpuQueue } from "../gpu_queue.ts";
import { fastestTile } from "./fastest_tile.ts";
import { checkTuningRecord, TUNING_VERSION, type TuningRecord } from "./tuning_record.ts";

/** Rounds to the nearest of 1, 1¼, 1½ and 1¾ times a power of two. */
function roundSize(size: number): number {
  if (size <= 8) return size;
  const step = 2 ** (Math.floor(Math.log2(size)) - 2);
  return Math.round(size / step) * step;
}

/** Whether there is nothing to compute. */
function isEmpty({ m, n, k }: GemmProduct): boolean {
  return m * n * k === 0;
}

/** What distinguishes products beside sizes. */
function typeKey({ a, b, results, mayRound }: GemmProduct): string {
  const types = [a, b, results].map((type) => type ?? "f32");
  return (types.includes("f16") ? ` ${types.join()}` : "") + (mayRound ? " rounded" : "");
}

function productKey(product: GemmProduct): string {
  const { form, m, n, k } = product;
  return `${form} ${roundSize(m)}x${roundSize(n)}x${roundSize(k)}${typeKey(product)}`;
}

/** Name under which a GPU's choices are stored; each WebGPU compiles kernels in its own way. */
function recordName({ name, gpu }: AdapterSummary): string {
  return gpu === "dawn" ? `${name} (Dawn)` : name;
}

/**
 * Chooses tiles of matrix products: as measured on this GPU, else by a table. The choice affects the speed of
 * a product, never its result, except that of one that may be rounded: on matrix units it is.
 */
export class GemmTuning {
  readonly #queue: GpuQueue;
  readonly #adapter: string;
  readonly #isLarge: boolean;
  readonly #isQuick: boolean;
  readonly #matrixTiles: readonly GemmTile[];
  readonly #measured = new Map<string, GemmTile>();
  readonly #met = new Map<string, GemmProduct>();
  /** Choices by exact sizes and types, for a fast look-up. */
  readonly #choices = new Map<string, GemmTile>();
  #others: TuningRecord["adapters"] = {};

  /** Use {@linkcode gemmTuning}. */
  constructor(queue: GpuQueue) {
    this.#queue = queue;
    this.#adapter = recordName(queue.adapter);
    this.#isLarge = isLargeGpu(queue.adapter);
    this.#isQuick = isSlowCompiler(queue.adapter);
    this.#matrixTiles = matrixTiles(queue.matrixUnits, queue.device.limits);
  }

  /** The tile for a product. */
  tile(product: GemmProduct): GemmTile {
    const { form, m, n, k, a = "f32", b = "f32", results = "f32", mayRound = false } = product;
    const exact = `${form}${m},${n},${k}${a}${b}${results}${mayRound}`;
    const known = this.#choices.get(exact);
    if (known) return known;
    const isRounded = mayRound && this.#matrixTiles.length > 0;
    const { mayRound: _, ...exactly } = product;
    const met = isRounded ? product : exactly;
    const key = productKey(met);
    if (!isEmpty(product) && !this.#met.has(key)) this.#met.set(key, met);
    const choice = this.#measured.get(key) ??
      (isRounded
        ? usualMatrixTile(this.#matrixTiles, m, n, this.#isLarge)
        : this.#isQuick
        ? QUICK_TILE
        : usualTile(m, n, this.#isLarge));
    this.#choices.set(exact, choice);
    return choice;
  }

  /** The tiles among which the one for a product is searched: on matrix units too if it may be rounded. */
  tiles({ mayRound }: GemmProduct): readonly GemmTile[] {
    return mayRound ? [...this.#matrixTiles, ...GEMM_TILES] : GEMM_TILES;
  }

  /** Products that were used but not measured, one per rounded size. */
  unmeasured(): GemmProduct[] {
    return [...this.#met].filter(([key]) => !this.#measured.has(key)).map(([, met]) => met);
  }

  /**
   * Measures tiles for products one by one, some milliseconds each on a GPU. tfjs's current backend must be
   * the queue's.
   *
   * @param products products; those of a known rounded size are skipped
   */
  async tune(products: readonly GemmProduct[] = this.unmeasured()): Promise<void> {
    for (const product of products) {
      const key = productKey(product);
      if (isEmpty(product) || this.#measured.has(key)) continue;
      this.#measured.set(key, await fastestTile(this.#queue, product, this.tiles(product)));
    }
    this.#choices.clear();
  }

  /** All measured choices, including loaded ones for other GPUs. */
  save(): TuningRecord {
    const own = [...this.#measured].map(([key, { name }]) => [key, name] as const).sort();
    return {
      version: TUNING_VERSION,
      adapters: { ...this.#others, [this.#adapter]: Object.fromEntries(own) },
    };
  }

  /**
   * Loads a record of {@linkcode GemmTuning.save}. Choices of other kernel versions are ignored, since they
   * must be measured again.
   *
   * @returns whether the record has this version
   * @throws {TypeError} if it is not such a record
   */
  load(record: TuningRecord): boolean {
    checkTuningRecord(record);
    if (record.version !== TUNING_VERSION) return false;
    const { [this.#adapter]: own = {}, ...others } = record.adapters;
    this.#others = { ...this.#others, ...others };
    for (const [key, name] of Object.entries(own)) {
      const tile = [...this.#matrixTiles, ...GEMM_TILES].find((tile) => tile.name === name);
      if (tile) this.#measured.set(key, tile);
    }
    this.#choices.clear();
    return true;
  }
}

const tunings = new WeakMap<GpuQueue, GemmTuning>();

/**
 * The tuning of a queue's device.
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
