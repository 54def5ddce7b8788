import * as tf from "@tensorflow/tfjs-core";
import { tidy } from "../ops/tidy.ts";

/** The sum of a metric. */
interface MetricSum {
  /** Of all values added. */
  weight: number;
  /** Sum of numbers. */
  onHost: number;
  /** Sum of scalars, or null if there are none. */
  onDevice: tf.Scalar | null;
}

/**
 * Means of metrics over steps, summed on the device: reading back waits for all GPU work, so all means are
 * read at once and rarely.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { MetricSums, openDevice } from "@videoms/core";
 *
 * await openDevice({ backend: "cpu" });
 * const metrics = new MetricSums();
 * metrics.add("loss", tf.scalar(3));
 * metrics.add("loss", tf.scalar(5));
 * console.assert((await metrics.take()).loss === 4);
 * ```
 */
export class MetricSums {
  readonly #sums = new Map<string, MetricSum>();

  /**
   * Adds a value; scalars are disposed of.
   *
   * @param weight what the sum of the values is divided by, added up; of a value that is a part, its share, from 0
   */
  add(name: string, value: number | tf.Scalar, weight = 1): void {
    const sum = this.#sums.get(name) ?? { weight: 0, onHost: 0, onDevice: null };
    this.#sums.set(name, sum);
    sum.weight += weight;
    if (typeof value === "number") {
      sum.onHost += value;
    } else {
      const { onDevice } = sum;
      sum.onDevice = tf.keep(onDevice ? tf.add(onDevice, value) : value.clone());
      tf.dispose([value, ...(onDevice ? [onDevice] : [])]);
    }
  }

  /**
   * Returns the mean of each metric since the last call, in one read-back, and resets; what has no weight is left out.
   */
  async take(): Promise<Record<string, number>> {
    const sums = [...this.#sums];
    this.#sums.clear();
    const scalars = sums.flatMap(([, { onDevice }]) => onDevice ? [onDevice] : []);
    const values = await readAll(scalars);
    let next = 0;
    return Object.fromEntries(sums.flatMap(([name, { weight, onHost, onDevice }]) => {
      const total = onDevice ? onHost + values[next++] : onHost;
      return weight > 0 ? [[name, total / weight]] : [];
    }));
  }

  /** Frees sums that have not been read. */
  dispose(): void {
    for (const { onDevice } of this.#sums.values()) onDevice?.dispose();
    this.#sums.clear();
  }
}

/** Reads and disposes of scalars. */
async function readAll(scalars: tf.Scalar[]): Promise<ArrayLike<number>> {
  if (scalars.length === 0) return [];
  const all = tidy(() => tf.stack(scalars));
  tf.dispose(scalars);
  try {
    return await all.data();
  } finally {
    all.dispose();
  }
}
