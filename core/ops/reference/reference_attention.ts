import * as tf from "@tensorflow/tfjs-core";
import type { AttentionKernels } from "../kernels/attention_kernels.ts";
import { tidy } from "../tidy.ts";

/** q, k, v of packed qkv [B, N, 3D], each [B, heads, N, d]. */
function unpack(qkv: tf.Tensor3D, heads: number): [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D] {
  const [batch, tokens, packed] = qkv.shape;
  const split = tf.reshape(qkv, [batch, tokens, 3, heads, packed / 3 / heads]);
  const [q, k, v] = tf.unstack(tf.transpose(split, [2, 0, 3, 1, 4]), 0);
  return [q, k, v] as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
}

/** {@linkcode AttentionKernels} in stock tfjs operations; saves the probabilities [B, heads, N, N]. */
export const referenceAttention: AttentionKernels = {
  attention: (qkv, heads) =>
    tidy(() => {
      const [batch, tokens, packed] = qkv.shape;
      const [q, k, v] = unpack(qkv, heads);
      const scores = tf.matMul(tf.mul(q, (packed / 3 / heads) ** -0.5), k, false, true);
      const probabilities = tf.softmax(scores);
      const mixed = tf.transpose(tf.matMul(probabilities, v), [0, 2, 1, 3]);
      return { y: tf.reshape(mixed, [batch, tokens, packed / 3]), saved: probabilities };
    }),

  attentionGradient: (qkv, heads, _y, saved, dy) =>
    tidy(() => {
      const [batch, tokens, packed] = qkv.shape;
      const headWidth = packed / 3 / heads;
      const scale = headWidth ** -0.5;
      const [q, k, v] = unpack(qkv, heads);
      const byHead = tf.reshape(dy, [batch, tokens, heads, headWidth]);
      const dOut = tf.transpose(byHead, [0, 2, 1, 3]);
      const dProbabilities = tf.matMul(dOut, v, false, true);
      const weighted = tf.mul(dProbabilities, saved);
      const dScores = tf.mul(
        tf.sub(weighted, tf.mul(saved, tf.sum(weighted, -1, true))),
        scale,
      );
      const dq = tf.matMul(dScores, k);
      const dk = tf.matMul(dScores, q, true, false);
      const dv = tf.matMul(saved, dOut, true, false);
      const stacked = tf.transpose(tf.stack([dq, dk, dv]), [1, 3, 0, 2, 4]);
      return tf.reshape(stacked, [batch, tokens, packed]);
    }),

  packBiases: (query, value) => tidy(() => tf.concat([query, tf.zerosLike(query), value])),

  unpackBiases: (packed) =>
    tidy(() => {
      const [query, , value] = tf.split(packed, 3) as tf.Tensor1D[];
      return { query, value };
    }),
};
