import * as tf from "@tensorflow/tfjs-core";

/**
 * An operation with a hand-written gradient. Neither `forward` nor `backward` is recorded on the
 * gradient tape, so what they make and do not return or save is freed when they end. `backward` must
 * use saved tensors, not ones that `forward` captured: those may be freed by then.
 *
 * @param inputs the tensors that get a gradient
 * @param forward computes the value, and the tensors that the gradient needs
 * @param backward from the value's gradient and the saved tensors, one gradient per input, in order
 */
export function differentiable<Value extends tf.Tensor>(
  inputs: readonly tf.Tensor[],
  forward: () => { value: Value; saved: readonly tf.Tensor[] },
  backward: (dy: Value, saved: tf.Tensor[]) => tf.Tensor[],
): Value {
  const op = tf.customGrad((...args) => {
    const save = args[args.length - 1] as tf.GradSaveFunc; // tfjs appends it to the inputs
    const { value, saved } = forward();
    save([...saved]);
    return { value, gradFunc: (dy, kept) => backward(dy as Value, kept) };
  });
  return op(...inputs) as Value;
}
