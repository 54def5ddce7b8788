import type * as tf from "@tensorflow/tfjs-core";
import { type GradientWatcher, unwatchGradients, watchGradients } from "../ops/gradient_watch.ts";
import type { Parameters } from "../parameters/parameters.ts";
import { addValues } from "./gradient_buckets.ts";

/** A tensor's gradient is whole, or a part of it is there. */
export interface EarlyListener {
  /** Told of each part of a gradient, which may be changed once all are there where nothing else has its values. */
  part(name: string, gradient: tf.Tensor, isOwn: boolean): void;
  /** Told when no more parts will come in this backward pass. */
  whole(name: string): void;
}

/**
 * Follows gradients as a backward pass finds them. The first pass shows which tensors have all of their gradient from
 * operations that tell of it, and in which order these are whole.
 */
export class EarlyGradients implements GradientWatcher {
  readonly #names: ReadonlyMap<number, string>;
  readonly #variables: readonly tf.Variable[];
  readonly #view: (tensor: tf.Tensor) => Float32Array;
  readonly #uses = new Map<string, number>();
  #listener: EarlyListener | null = null;

  /** @param view values of a tensor where they lie */
  constructor(parameters: Parameters, view: (tensor: tf.Tensor) => Float32Array) {
    const entries = [...parameters.entries()];
    this.#names = new Map(entries.map(([name, { id }]) => [id, name]));
    this.#variables = entries.map(([, variable]) => variable);
    this.#view = view;
    watchGradients(this.#variables, this);
  }

  /** Tells a listener of the next pass; nobody with null. */
  listen(listener: EarlyListener | null): void {
    this.#listener = listener;
    this.#uses.clear();
  }

  used({ id }: tf.Variable): void {
    if (!this.#listener) return;
    const name = this.#names.get(id)!;
    this.#uses.set(name, (this.#uses.get(name) ?? 0) + 1);
  }

  found({ id }: tf.Variable, gradient: tf.Tensor, isOwn: boolean): void {
    if (!this.#listener) return;
    const name = this.#names.get(id)!;
    const left = this.#uses.get(name)! - 1;
    this.#uses.set(name, left);
    this.#listener.part(name, gradient, isOwn);
    if (left === 0) this.#listener.whole(name);
  }

  /**
   * Listens to a pass, to tell from its gradients which tensors are whole before its end, in their order. Those whose
   * parts the pass itself adds in another order are not among them, so that ranks get the bits of one process.
   */
  learn(): (gradients: ReadonlyMap<string, tf.Tensor>) => string[] {
    const sums = new Map<string, Float32Array>();
    const order: string[] = [];
    this.listen({
      part: (name, gradient) => {
        const values = this.#view(gradient);
        const sum = sums.get(name);
        if (sum) addValues(values, sum);
        else sums.set(name, new Float32Array(values));
      },
      whole: (name) => order.push(name),
    });
    return (gradients) => {
      this.listen(null);
      return order.filter((name) => isSame(this.#view(gradients.get(name)!), sums.get(name)!));
    };
  }

  /** Follows no more. */
  dispose(): void {
    unwatchGradients(this.#variables);
  }
}

function isSame(a: Float32Array, b: Float32Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
