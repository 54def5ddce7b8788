import * as tf from "@tensorflow/tfjs-core";
import { differentiable } from "./differentiable.ts";

/**
 * How queries and keys are rotated, token by token: value j of a head becomes `x[j] · cos[j] + x[j ^ 1] · sin[j]`,
 * where j ^ 1 is its neighbour in the pairs (0, 1), (2, 3) …; the signs of a rotation are those of `sin`.
 */
export interface Rotation {
  /** [B, N, 3d], d = D/heads: of a query's head, then of a key's and of a value's, which are 1. */
  readonly cos: tf.Tensor3D;
  /** [B, N, 3d], 0 for values. */
  readonly sin: tf.Tensor3D;
}

/** Values of each head with the two of each pair exchanged. */
function exchanged(x: tf.Tensor): tf.Tensor {
  return tf.reshape(tf.reverse(tf.reshape(x, [-1, 2]), 1), x.shape);
}

/**
 * Rotates the heads of queries and keys by the places of their tokens (Su et al.: arXiv 2104.09864).
 *
 * @param qkv packed queries, keys and values [B, N, 3D], of heads with an even width
 * @returns [B, N, 3D]; values are unchanged
 */
export function rotateHeads(
  qkv: tf.Tensor3D,
  { cos, sin }: Rotation,
  heads: number,
): tf.Tensor3D {
  const [batch, tokens, packed] = qkv.shape;
  const width = packed / 3 / heads;
  const byHead = (x: tf.Tensor) => tf.reshape(x, [batch, tokens, 3, heads, width]);
  const ofHead = (x: tf.Tensor) => tf.reshape(x, [batch, tokens, 3, 1, width]);
  return differentiable<tf.Tensor3D>(
    [qkv],
    () => {
      const x = byHead(qkv);
      const turned = tf.add(tf.mul(x, ofHead(cos)), tf.mul(exchanged(x), ofHead(sin)));
      return { value: tf.reshape(turned, qkv.shape), saved: [cos, sin] };
    },
    (dy, [cos, sin]) => {
      const d = byHead(dy);
      const dx = tf.add(tf.mul(d, ofHead(cos)), exchanged(tf.mul(d, ofHead(sin))));
      return [tf.reshape(dx, dy.shape)];
    },
  );
}
