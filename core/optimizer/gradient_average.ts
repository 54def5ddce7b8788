import * as tf from "@tensorflow/tfjs-core";
import { tidy } from "../ops/tidy.ts";
import type { Communicator, SumTimes } from "../parallel/communicator.ts";
import type { LossAndGradients, ParameterSpec } from "../parameters/parameters.ts";
import { sizeOf } from "../parameters/size_of.ts";
import { GradientSum } from "./gradients.ts";

/** Values that are exchanged at a time: large enough that latency does not count, small enough for several at work. */
const BUCKET = 2 ** 22;

/** Tensors that are exchanged together. */
interface Bucket {
  readonly specs: readonly ParameterSpec[];
  readonly values: Float32Array<SharedArrayBuffer>;
}

function sharedValues(length: number): Float32Array<SharedArrayBuffer> {
  return new Float32Array(new SharedArrayBuffer(4 * length));
}

/** Buckets of all tensors, the last ones first, as a backward pass comes to them. */
function bucketsOf(specs: readonly ParameterSpec[]): Bucket[] {
  const groups: ParameterSpec[][] = [];
  let size = Infinity;
  for (const spec of specs.toReversed()) {
    const own = sizeOf(spec.shape);
    if (size + own > BUCKET) {
      groups.push([]);
      size = 0;
    }
    groups.at(-1)!.push(spec);
    size += own;
  }
  return groups.map((specs) => {
    const length = specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    return { specs, values: sharedValues(length) };
  });
}

/** What the exchange of gradients has taken since it was last asked, in milliseconds. */
export interface ExchangeTimes {
  /** Waiting for the slowest rank. */
  waitMs: number;
  /** Transfer and summation. */
  transferMs: number;
  /** How long steps were held up by both. */
  blockedMs: number;
}

/**
 * The mean of gradients over micro-batches and ranks, the same bits on every rank. All ranks add equally many
 * micro-batches of equally many clips.
 */
export class GradientAverage {
  readonly #ranks: Communicator;
  readonly #buckets: readonly Bucket[];
  readonly #sum = new GradientSum();
  readonly #flags: () => readonly number[];
  #times: ExchangeTimes = { waitMs: 0, transferMs: 0, blockedMs: 0 };
  /** Sums over all ranks of what `flags` gave at the last step. */
  flags: readonly number[] = [];

  /** @param flags numbers that each rank tells with every step */
  constructor(
    ranks: Communicator,
    specs: readonly ParameterSpec[],
    flags: () => readonly number[] = () => [],
  ) {
    this.#ranks = ranks;
    this.#buckets = bucketsOf(specs);
    this.#flags = flags;
  }

  /** Adds the gradients of a micro-batch; the caller keeps the tensors. */
  accumulate(gradients: ReadonlyMap<string, tf.Tensor>): void {
    this.#sum.add(gradients);
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
    const { size } = this.#ranks;
    const scale = 1 / (size * this.#sum.parts);
    const sums: Promise<SumTimes>[] = [];
    for (const { specs, values } of this.#buckets) {
      const flat = tidy(() =>
        tf.concat(specs.map(({ name }) => tf.reshape(this.#sum.get(name), [-1])))
      );
      copy(await flat.data<"float32">(), values); // one read for all, since each waits for a GPU
      flat.dispose();
      sums.push(this.#ranks.sum(values));
    }
    this.#sum.clear();
    const { total, times } = await this.#exchangeNotes(loss);
    const gradients = new Map<string, tf.Tensor>();
    const all = [times];
    for (const [i, bucket] of this.#buckets.entries()) {
      all.push(await sums[i]);
      for (const [name, gradient] of meansOf(bucket, scale)) gradients.set(name, gradient);
    }
    for (const { waitMs, transferMs } of all) {
      this.#times.waitMs += waitMs;
      this.#times.transferMs += transferMs;
    }
    this.#times.blockedMs += performance.now() - start;
    return { loss: tf.scalar(total / size), gradients };
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

/** Not by set(), which takes ten times as long for shared memory. */
function copy(from: Float32Array, to: Float32Array, scale = 1): Float32Array {
  for (let i = 0; i < to.length; i++) to[i] = from[i] * scale;
  return to;
}

function* meansOf({ specs, values }: Bucket, scale: number): Generator<[string, tf.Tensor]> {
  let start = 0;
  for (const { name, shape } of specs) {
    const size = sizeOf(shape);
    const own = copy(values.subarray(start, start + size), new Float32Array(size), scale);
    yield [name, tf.tensor(own, [...shape])];
    start += size;
  }
}
