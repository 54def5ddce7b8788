import * as tf from "@tensorflow/tfjs-core";
import { differentiable } from "./differentiable.ts";
import { unwatched } from "./gradient_watch.ts";

/**
 * Runs a function that takes gradients within a backward pass, on its own tape.
 *
 * tfjs has one tape: nested gradients replace the outer tape and clear it at the end, after which the outer
 * pass fails; it is therefore restored.
 */
function onOwnTape<T>(run: () => T): T {
  const { state } = tf.engine();
  const outer = state.activeTape;
  try {
    return unwatched(run);
  } finally {
    state.activeTape = outer;
  }
}

/**
 * Activation checkpointing of `fn(...inputs)`: only the inputs are kept, and the rest is recomputed in the
 * backward pass (Chen et al.: arXiv 1604.06174), about a third more time for much less memory. Value and
 * gradients are exactly those of `fn` if it is deterministic: it must create its random streams itself.
 *
 * @param inputs every tensor that gets a gradient, including parameters; `fn` must use its arguments, since
 * captured tensors get none. The value must depend on each of them.
 * @param fn computes a new tensor from the inputs, then the constants; runs twice if gradients are taken
 * @param constants further tensors that `fn` needs, which get no gradient
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { openDevice, recompute } from "@videoms/core";
 *
 * await openDevice({ backend: "cpu" });
 * const cube = (x: tf.Tensor) => recompute([x], (y) => tf.mul(tf.square(y), y));
 * const [slope] = await tf.grad(cube)(tf.scalar(2)).data();
 * console.assert(slope === 12);
 * ```
 */
export function recompute<Value extends tf.Tensor>(
  inputs: readonly tf.Tensor[],
  fn: (...inputs: tf.Tensor[]) => Value,
  constants: readonly tf.Tensor[] = [],
): Value {
  const all = [...inputs, ...constants];
  return differentiable<Value>(
    inputs,
    () => ({ value: fn(...all), saved: all }),
    (dy, saved) => {
      const rest = saved.slice(inputs.length);
      const ofInputs = (...own: tf.Tensor[]) => fn(...own, ...rest);
      return onOwnTape(() => tf.grads(ofInputs)(saved.slice(0, inputs.length), dy));
    },
  );
}
