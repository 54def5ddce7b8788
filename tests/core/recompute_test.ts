import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { gelu, linear, recompute, tidy } from "@videoms/core";
import { testOnBackends, valuesOf } from "../backends.ts";

const layer = (x: tf.Tensor, w: tf.Tensor): tf.Tensor2D =>
  gelu(linear(x as tf.Tensor2D, w as tf.Tensor2D, null));

type Wrap = (x: tf.Tensor2D, w: tf.Tensor) => tf.Tensor2D;
const kept: Wrap = (x, w) => layer(x, w);
const again: Wrap = (x, w) => recompute([x, w], layer);
const nested: Wrap = (x, w) => recompute([x, w], (x, w) => again(x as tf.Tensor2D, w));

/** Value and gradients of a loss over three layers that share a weight. */
async function evaluate(wrap: Wrap): Promise<Float32Array[]> {
  const { value, grads } = tidy(() => {
    const x = tf.reshape(tf.linspace(-1, 1, 12), [3, 4]);
    const w = tf.reshape(tf.linspace(-0.7, 0.9, 16), [4, 4]);
    return tf.valueAndGrads((x: tf.Tensor, w: tf.Tensor) => {
      const y = wrap(wrap(wrap(x as tf.Tensor2D, w), w), w);
      return tf.sum(tf.square(tf.add(y, x))) as tf.Scalar;
    })([x, w]);
  });
  return await Promise.all([value, ...grads].map(valuesOf));
}

testOnBackends("recomputed layers have the same value and gradients, nested too", async () => {
  const expected = await evaluate(kept);
  assert.ok(expected.every((values) => values.some((value) => value !== 0)));
  assert.deepEqual(await evaluate(again), expected);
  assert.deepEqual(await evaluate(nested), expected);
});
