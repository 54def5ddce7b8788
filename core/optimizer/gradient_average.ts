import * as tf from "@tensorflow/tfjs-core";
import { tidy } from "../ops/tidy.ts";
import { sumOverRanks, valueOfFirst } from "../parallel/agreement.ts";
import type { Communicator, SharedValues, SumTimes } from "../parallel/communicator.ts";
import type { Parameters } from "../parameters/parameters.ts";
import { sizeOf } from "../parameters/size_of.ts";
import { EarlyGradients, type EarlyListener } from "./early_gradients.ts";
import {
  copyValues,
  type GradientBucket,
  gradientBuckets,
  sharedValues,
} from "./gradient_buckets.ts";

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
  /**
   * Values of a tensor where they lie, in memory that threads share, as devices on a CPU have it: gradients are then
   * summed there. Null exchanges copies after backward passes. @default null
   */
  view?: ((tensor: tf.Tensor) => Float32Array) | null;
  /** Values that are exchanged at a time. @default 2²⁰ */
  bucketSize?: number;
}

/** Large enough that latency does not count, small enough for several in a backward pass. */
const BUCKET_SIZE = 2 ** 20;

/** Losses and summed gradients of the micro-batches of all ranks. */
export interface RankTotals {
  /** In the order in which they were added; the caller disposes of them. */
  readonly losses: tf.Scalar[];
  /** Sums over as many micro-batches; the caller disposes of them. */
  readonly gradients: Map<string, tf.Tensor>;
}

/**
 * Sums of gradients over micro-batches and ranks, the same bits on every rank. All ranks add equally many micro-batches
 * of equally many clips, in turns: the first of every rank, then the second of every rank. One process that goes through
 * them in this order gets the same bits. Gradients are exchanged in buckets, on a CPU while the backward pass is still
 * at work on earlier layers, and where they lie: copies would take as long as the exchange.
 */
export class GradientAverage {
  readonly #ranks: Communicator;
  readonly #parameters: Parameters;
  readonly #flags: () => readonly number[];
  readonly #bucketSize: number;
  readonly #view: ((tensor: tf.Tensor) => Float32Array) | null;
  readonly #early: EarlyGradients | null;
  #lateNames: ReadonlySet<string>;
  #buckets: readonly GradientBucket[] = [];
  #bucketOf: ReadonlyMap<string, GradientBucket> = new Map();
  #microBatch = 0;
  #microBatches = 1;
  /** Buckets of this micro-batch that are on their way, the first ones. */
  #sent = 0;
  /** Sums under way, of each micro-batch of this step. */
  #sums: Promise<SumTimes>[][] = [];
  /** Gradients of each micro-batch whose memory is in use, where they are exchanged where they lie. */
  #held: Map<string, tf.Tensor>[] = [];
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
    this.#view = view;
    this.#early = view && new EarlyGradients(parameters, view);
    this.#lateNames = new Set(parameters.specs.map(({ name }) => name));
    this.#layOut([]);
  }

  /** Must be called before the passes of a micro-batch, of which a step has so many on each rank. */
  async begin(microBatch: number, microBatches: number): Promise<void> {
    this.#microBatch = microBatch;
    this.#microBatches = microBatches;
    if (microBatch > 1) {
      const start = performance.now();
      await this.#settle(microBatch - 2); // whose memory this one takes
      this.#times.blockedMs += performance.now() - start;
    }
    this.#held[microBatch] = new Map();
    for (const { specs, missing } of this.#buckets) {
      for (const { name } of specs) missing.add(name);
    }
    this.#sent = 0;
    this.#sums[microBatch] = [];
    if (!this.#early) return;
    if (this.#order === null) this.#learnt = this.#early.learn();
    else this.#early.listen(this.#listener());
  }

  /** Adds the gradients of a micro-batch, whose values may then change; the caller disposes of the tensors. */
  async add(gradients: ReadonlyMap<string, tf.Tensor>): Promise<void> {
    this.#order ??= this.#learnt?.(gradients) ?? null;
    this.#early?.listen(null);
    for (const bucket of this.#buckets) await this.#fillLate(bucket, gradients);
    this.#send(true);
  }

  /**
   * What all ranks have added, once each has added its last micro-batch.
   *
   * @param own losses of this rank's micro-batches; the caller keeps them
   * @throws {Error} if a rank does not answer within the time limit
   */
  async total(own: readonly tf.Scalar[]): Promise<RankTotals> {
    const start = performance.now();
    const losses = await this.#exchangeNotes(own);
    for (const microBatch of this.#sums.keys()) await this.#settle(microBatch);
    const gradients = this.#view ? this.#held[0] : new Map(this.#buckets.flatMap(tensorsOf));
    this.#held = [];
    await this.#endStep();
    this.#times.blockedMs += performance.now() - start;
    return { losses: losses.map((loss) => tf.scalar(loss)), gradients };
  }

  /** The mean of a scalar over all ranks, which the caller disposes of; `value` is disposed of. */
  async meanOf(value: tf.Scalar): Promise<tf.Scalar> {
    const [own] = await value.data<"float32">();
    value.dispose();
    const values = sharedValues(1).fill(own);
    await sumOverRanks(this.#ranks, values);
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
    this.#early?.dispose();
    for (const held of this.#held) tf.dispose([...held.values()]);
    this.#held = [];
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
    this.#bucketOf = new Map(
      this.#buckets.flatMap((bucket) => bucket.specs.map(({ name }) => [name, bucket])),
    );
    this.#lateNames = new Set(late.map(({ name }) => name));
  }

  /** Ends a step; the first one has shown what is whole early, which must be alike on all ranks. */
  async #endStep(): Promise<void> {
    this.#sums = [];
    if (!this.#order || !this.#learnt) return;
    this.#learnt = null;
    this.#layOut(await valueOfFirst(this.#ranks, this.#order));
  }

  #listener(): EarlyListener {
    return {
      part: (name, gradient, isOwn) => {
        if (!this.#lateNames.has(name)) this.#hold(name, gradient, isOwn);
      },
      whole: (name) => {
        if (this.#lateNames.has(name)) return;
        this.#bucketOf.get(name)!.missing.delete(name);
        this.#send(false);
      },
    };
  }

  /** Keeps a gradient, or adds a part to it, in memory that is not used otherwise. */
  #hold(name: string, gradient: tf.Tensor, isOwn: boolean): void {
    const held = this.#held[this.#microBatch];
    const before = held.get(name);
    const sum = before ? tf.add(before, gradient) : isOwn ? gradient.clone() : this.#copy(gradient);
    before?.dispose();
    held.set(name, tf.keep(sum));
  }

  #copy(gradient: tf.Tensor): tf.Tensor {
    const copy = tf.fill(gradient.shape, 0);
    copyValues(this.#view!(gradient), this.#view!(copy));
    return copy;
  }

  /** Where the gradients of this micro-batch lie. */
  #valuesOf(bucket: GradientBucket): SharedValues[] {
    const view = this.#view as ((tensor: tf.Tensor) => SharedValues) | null;
    if (!view) return [bucket.memoryOf(this.#microBatch)];
    const held = this.#held[this.#microBatch];
    return bucket.specs.map(({ name }) => view(held.get(name)!));
  }

  /** Sends the next buckets that are whole, in their order, which is that of all ranks. */
  #send(all: boolean): void {
    const isFirst = this.#microBatch === 0;
    const isLast = this.#microBatch === this.#microBatches - 1;
    const sums = this.#sums[this.#microBatch];
    for (; this.#sent < this.#buckets.length; this.#sent++) {
      const bucket = this.#buckets[this.#sent];
      if (bucket.missing.size > 0 && !all) return;
      const values = this.#valuesOf(bucket);
      if (isFirst) bucket.totals = values;
      sums.push(this.#watched(this.#ranks.collect(values, bucket.totals, isFirst)));
      if (isLast) sums.push(this.#watched(this.#ranks.share(bucket.totals)));
    }
  }

  /** A sum that may fail before it is awaited. */
  #watched(sum: Promise<SumTimes>): Promise<SumTimes> {
    sum.catch(() => {});
    return sum;
  }

  /** Waits until the sums of a micro-batch are done. */
  async #settle(microBatch: number): Promise<void> {
    const sums = this.#sums[microBatch];
    this.#sums[microBatch] = [];
    for (const { waitMs, transferMs } of await Promise.all(sums)) {
      this.#times.waitMs += waitMs;
      this.#times.transferMs += transferMs;
    }
    if (microBatch > 0) tf.dispose([...this.#held[microBatch].values()]);
  }

  /** Reads the late gradients of a bucket, all at once, since each read waits for a GPU. */
  async #fillLate(
    bucket: GradientBucket,
    gradients: ReadonlyMap<string, tf.Tensor>,
  ): Promise<void> {
    const { specs } = bucket;
    if (!this.#lateNames.has(specs[0].name)) return;
    if (this.#view) {
      for (const { name } of specs) this.#hold(name, gradients.get(name)!, false);
      return;
    }
    const flat = tidy(() =>
      tf.concat(specs.map(({ name }) => tf.reshape(gradients.get(name)!, [-1])))
    );
    copyValues(await flat.data<"float32">(), bucket.memoryOf(this.#microBatch));
    flat.dispose();
  }

  /** Losses of all ranks in their order, each in a place of its own; the sum of flags. */
  async #exchangeNotes(own: readonly tf.Scalar[]): Promise<number[]> {
    const { rank, size } = this.#ranks;
    const flags = this.#flags();
    const count = size * own.length;
    const notes = sharedValues(count + flags.length);
    const losses = await Promise.all(own.map((loss) => loss.data<"float32">()));
    losses.forEach(([loss], i) => notes[i * size + rank] = loss);
    notes.set(flags, count);
    const times = await sumOverRanks(this.#ranks, notes);
    this.#times.waitMs += times.waitMs;
    this.#times.transferMs += times.transferMs;
    this.flags = [...notes.subarray(count)];
    return [...notes.subarray(0, count)];
  }
}

/** The sums of a bucket as tensors, by name. */
function tensorsOf({ specs, totals: [totals] }: GradientBucket): [string, tf.Tensor][] {
  let start = 0;
  return specs.map(({ name, shape }) => {
    const values = totals.subarray(start, start += sizeOf(shape));
    return [name, tf.tensor(copyValues(values, new Float32Array(values.length)), [...shape])];
  });
}
