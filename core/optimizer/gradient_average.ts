import * as tf from "@tensorflow/tfjs-core";
import { tidy } from "../ops/tidy.ts";
import type { Communicator, SumTimes } from "../parallel/communicator.ts";
import type { LossAndGradients } from "../parameters/loss_and_gradients.ts";
import type { Parameters } from "../parameters/parameters.ts";
import { EarlyGradients, type EarlyListener } from "./early_gradients.ts";
import {
  addValues,
  copyValues,
  type GradientBucket,
  gradientBuckets,
  type GradientPlace,
  placesOf,
  sharedValues,
} from "./gradient_buckets.ts";
import { GradientSum } from "./gradients.ts";

/** What the exchange of gradients has taken since it was last asked, in milliseconds. */
export interface ExchangeTimes {
  /** Waiting for the slowest rank. */
  waitMs: number;
  /** Transfer and summation. */
  transferMs: number;
  /** How long steps were held up by both: what the backward pass did not hide. */
  blockedMs: number;
}

/** Options of {@linkcode GradientAverage}. */
export interface GradientAverageOptions {
  /** Numbers that each rank tells with every step. @default none */
  flags?: () => readonly number[];
  /** Values of a tensor where they lie, as devices on a CPU have it; null exchanges after backward passes. @default null */
  view?: ((tensor: tf.Tensor) => Float32Array) | null;
  /** Values that are exchanged at a time. @default 2²⁰ */
  bucketSize?: number;
}

/** Large enough that latency does not count, small enough for several in a backward pass. */
const BUCKET_SIZE = 2 ** 20;

/**
 * The mean of gradients over micro-batches and ranks, the same bits on every rank. All ranks add equally many
 * micro-batches of equally many clips. Gradients are exchanged in buckets, on a CPU while the backward pass is still at
 * work on earlier layers.
 */
export class GradientAverage {
  readonly #ranks: Communicator;
  readonly #parameters: Parameters;
  readonly #flags: () => readonly number[];
  readonly #bucketSize: number;
  readonly #early: EarlyGradients | null;
  /** Gradients that are whole at the end of a pass only. */
  readonly #late = new GradientSum();
  #lateNames: ReadonlySet<string>;
  #buckets: readonly GradientBucket[] = [];
  #places: ReadonlyMap<string, GradientPlace> = new Map();
  /** Sums under way, of the first buckets. */
  #sums: Promise<SumTimes>[] = [];
  /** Tensors whose place has a part of this step's gradient. */
  readonly #begun = new Set<string>();
  #microBatches = 0;
  #learnt: ((gradients: ReadonlyMap<string, tf.Tensor>) => string[]) | null = null;
  #order: string[] | null = null;
  #times: ExchangeTimes = { waitMs: 0, transferMs: 0, blockedMs: 0 };
  /** Sums over all ranks of what `flags` gave at the last step. */
  flags: readonly number[] = [];

  /** Follows the gradients of parameters until it is disposed of. */
  constructor(
    ranks: Communicator,
    parameters: Parameters,
    { flags = () => [], view = null, bucketSize = BUCKET_SIZE }: GradientAverageOptions = {},
  ) {
    this.#ranks = ranks;
    this.#parameters = parameters;
    this.#flags = flags;
    this.#bucketSize = bucketSize;
    this.#early = view && new EarlyGradients(parameters, view);
    this.#lateNames = new Set(parameters.specs.map(({ name }) => name));
    this.#layOut([]);
  }

  /** Tells of a micro-batch before its passes; its gradients are then accumulated. */
  begin(isLast: boolean): void {
    if (!this.#early) return;
    if (this.#order === null) this.#learnt = this.#early.learn();
    else this.#early.listen(this.#listener(isLast));
  }

  /** Adds the gradients of a micro-batch; the caller keeps the tensors. */
  accumulate(gradients: ReadonlyMap<string, tf.Tensor>): void {
    this.#microBatches++;
    this.#order ??= this.#learnt?.(gradients) ?? null;
    this.#early?.listen(null);
    this.#late.add(new Map([...gradients].filter(([name]) => this.#lateNames.has(name))));
  }

  /**
   * The means over all ranks.
   *
   * @param last mean loss of this rank's micro-batches, and gradients of the last one; both are disposed of
   * @returns the caller disposes of them
   */
  async mean({ loss, gradients: last }: LossAndGradients): Promise<LossAndGradients> {
    const start = performance.now();
    this.accumulate(last);
    tf.dispose([...last.values()]);
    const scale = 1 / (this.#ranks.size * this.#microBatches);
    for (const bucket of this.#buckets) await this.#fillLate(bucket);
    this.#send(true);
    this.#late.clear();
    const { total, times } = await this.#exchangeNotes(loss);
    const all = [times, ...await Promise.all(this.#sums)];
    const gradients = new Map<string, tf.Tensor>();
    for (const { name, shape } of this.#parameters.specs) {
      const { values } = this.#places.get(name)!;
      const own = copyValues(values, new Float32Array(values.length), scale);
      gradients.set(name, tf.tensor(own, [...shape]));
    }
    for (const { waitMs, transferMs } of all) {
      this.#times.waitMs += waitMs;
      this.#times.transferMs += transferMs;
    }
    await this.#startStep();
    this.#times.blockedMs += performance.now() - start;
    return { loss: tf.scalar(total / this.#ranks.size), gradients };
  }

  /** The mean of a scalar over all ranks, which the caller disposes of; `value` is disposed of. */
  async meanOf(value: tf.Scalar): Promise<tf.Scalar> {
    const [own] = await value.data<"float32">();
    value.dispose();
    const values = sharedValues(1).fill(own);
    await this.#ranks.sum(values);
    return tf.scalar(values[0] / this.#ranks.size);
  }

  /** What the exchange has taken since the last call. */
  takeTimes(): ExchangeTimes {
    const times = this.#times;
    this.#times = { waitMs: 0, transferMs: 0, blockedMs: 0 };
    return times;
  }

  /** Follows no more gradients. */
  dispose(): void {
    this.#late.clear();
    this.#early?.dispose();
  }

  /** Buckets of tensors that are whole before the end of a pass, in their order, and of all others. */
  #layOut(early: readonly string[]): void {
    const { specs } = this.#parameters;
    const isEarly = new Set(early);
    const byName = new Map(specs.map((spec) => [spec.name, spec]));
    const late = specs.filter(({ name }) => !isEarly.has(name));
    this.#buckets = [
      ...gradientBuckets(early.map((name) => byName.get(name)!), this.#bucketSize),
      ...gradientBuckets(late.reverse(), this.#bucketSize),
    ];
    this.#places = new Map(this.#buckets.flatMap((bucket) => [...placesOf(bucket)]));
    this.#lateNames = new Set(late.map(({ name }) => name));
  }

  /** Prepares for the next step; the first one has shown what is whole early, which must be alike on all ranks. */
  async #startStep(): Promise<void> {
    if (this.#order && this.#learnt) {
      this.#learnt = null;
      const own = new TextEncoder().encode(JSON.stringify(this.#order));
      this.#layOut(JSON.parse(new TextDecoder().decode(await this.#ranks.broadcast(own))));
    }
    for (const { specs, missing } of this.#buckets) {
      for (const { name } of specs) missing.add(name);
    }
    this.#sums = [];
    this.#begun.clear();
    this.#microBatches = 0;
  }

  #listener(isLast: boolean): EarlyListener {
    return {
      part: (name, values) => {
        if (this.#lateNames.has(name)) return;
        const place = this.#places.get(name)!;
        if (this.#begun.has(name)) addValues(values, place.values);
        else copyValues(values, place.values);
        this.#begun.add(name);
      },
      whole: (name) => {
        if (!isLast || this.#lateNames.has(name)) return;
        this.#places.get(name)!.bucket.missing.delete(name);
        this.#send(false);
      },
    };
  }

  /** Sends the next buckets that are whole, in their order, which is that of all ranks. */
  #send(all: boolean): void {
    for (let i = this.#sums.length; i < this.#buckets.length; i++) {
      const { values, missing } = this.#buckets[i];
      if (missing.size > 0 && !all) return;
      const sum = this.#ranks.sum(values);
      sum.catch(() => {}); // told when it is awaited, which may be after others
      this.#sums.push(sum);
    }
  }

  /** Reads the late gradients of a bucket, all at once, since each read waits for a GPU. */
  async #fillLate({ specs, values }: GradientBucket): Promise<void> {
    if (!this.#lateNames.has(specs[0].name)) return;
    const flat = tidy(() =>
      tf.concat(specs.map(({ name }) => tf.reshape(this.#late.get(name), [-1])))
    );
    copyValues(await flat.data<"float32">(), values);
    flat.dispose();
  }

  async #exchangeNotes(loss: tf.Scalar): Promise<{ total: number; times: SumTimes }> {
    const flags = this.#flags();
    const notes = sharedValues(1 + flags.length);
    notes.set([(await loss.data<"float32">())[0], ...flags]);
    loss.dispose();
    const times = await this.#ranks.sum(notes);
    const [total, ...told] = notes;
    this.flags = told;
    return { total, times };
  }
}
