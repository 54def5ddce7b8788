import * as tf from "@tensorflow/tfjs-core";
import { noteGradients, noteInputs } from "./gradient_watch.ts";
import { tidy } from "./tidy.ts";

/** The part of tfjs's engine that is used here: private, but a plain method. */
interface Tape {
  addTapeNode(
    name: string,
    inputs: tf.NamedTensorMap,
    outputs: tf.Tensor[],
    /** One function for each input, by its name. */
    gradients: (dy: tf.Tensor) => (() => tf.Tensor)[],
    /** Disposed of with the tape. */
    saved: tf.Tensor[],
  ): void;
}

/**
 * An operation with a hand-written gradient. Neither `forward` nor `backward` is recorded on the gradient
 * tape, so tensors that they neither return nor save are freed at their end. `backward` must use saved
 * tensors, not captured ones, which may have been freed.
 *
 * Like `tf.customGrad`, which clones whatever is saved, and records that: as much work as all else that a
 * transformer block asks of tfjs. Here only tensors of others are cloned.
 *
 * @param inputs the tensors that get gradients
 * @param forward computes the value and the tensors to save
 * @param backward computes one gradient per input, in order, from the value's gradient and saved tensors
 */
export function differentiable<Value extends tf.Tensor>(
  inputs: readonly tf.Tensor[],
  forward: () => { value: Value; saved: readonly tf.Tensor[] },
  backward: (dy: Value, saved: tf.Tensor[]) => tf.Tensor[],
): Value {
  const engine = tf.engine();
  if (!engine.isTapeOn()) return tidy(() => forward().value);
  const { state } = engine;
  let saved: tf.Tensor[] = [];
  const value = unrecorded(() =>
    tidy(() => {
      const { value, saved: used } = forward();
      saved = used.map((tensor) =>
        held(tensor, tensor.scopeId === state.activeScope.id && tensor !== value)
      );
      return value;
    })
  );
  noteInputs(inputs);
  (engine as unknown as Tape).addTapeNode(
    "differentiable",
    { ...inputs } as unknown as tf.NamedTensorMap,
    [value],
    (dy) => {
      const gradients = backward(dy as Value, saved);
      noteGradients(inputs, gradients, [dy, ...saved]);
      return gradients.map((gradient) => () => gradient);
    },
    saved.filter((tensor) => !(tensor instanceof tf.Variable)),
  );
  return value;
}

/** A tensor that stays until the backward pass. Variables do, and what was made here need not be cloned. */
function held(tensor: tf.Tensor, isOwn: boolean): tf.Tensor {
  if (tensor instanceof tf.Variable) return tensor;
  return tf.keep(isOwn ? tensor : tensor.clone());
}

function unrecorded<T>(run: () => T): T {
  const { state } = tf.engine();
  state.kernelDepth++;
  try {
    return run();
  } finally {
    state.kernelDepth--;
  }
}
