import * as tf from "@tensorflow/tfjs-core";

/**
 * An operation with a hand-written gradient. Neither `forward` nor `backward` is recorded on the gradient
 * tape, so tensors that they neither return nor save are freed at their end. `backward` must use saved
 * tensors, not captured ones, which may have been freed.
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
  const op = tf.customGrad((...args) => {
    const save = args[args.length - 1] as tf.GradSaveFunc; // tfjs appends it to the inputs
    const { value, saved } = forward();
    save([...saved]);
    return { value, gradFunc: (dy, kept) => backward(dy as Value, kept) };
  });
  return op(...inputs) as Value;
}
