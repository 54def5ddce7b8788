import * as tf from "@tensorflow/tfjs-core";
import {
  type Distance,
  type FirstTubelet,
  MOTION_NOISE,
  type SelectionKernels,
  SMALLEST_DIRECTION,
} from "../kernels/selection_kernels.ts";
import { tidy } from "../tidy.ts";
import { flatIndex } from "./reference_tokens.ts";

const NOISE = MOTION_NOISE;

/** Unit vectors; those shorter than {@linkcode SMALLEST_DIRECTION} stay near zero. */
function directions(x: tf.Tensor3D): tf.Tensor3D {
  const norm = tf.sqrt(tf.sum(tf.square(x), 2, true));
  return tf.div(x, tf.maximum(norm, SMALLEST_DIRECTION));
}

/** Token-wise distances of two [B, n, D], [B, n]; exactly 0 if they differ only by rounding. */
function distances(a: tf.Tensor3D, b: tf.Tensor3D, distance: Distance): tf.Tensor2D {
  switch (distance) {
    case "l2": {
      const squared = tf.sum(tf.square(tf.sub(a, b)), 2);
      const lengths = tf.add(tf.sum(tf.square(a), 2), tf.sum(tf.square(b), 2));
      return tf.sqrt(withoutNoise(squared, tf.mul(lengths, NOISE ** 2 / 2)));
    }
    case "l1": {
      const lengths = tf.add(tf.sum(tf.abs(a), 2), tf.sum(tf.abs(b), 2));
      return withoutNoise(tf.sum(tf.abs(tf.sub(a, b)), 2), tf.mul(lengths, NOISE / 2));
    }
    case "cosine": {
      // Half the squared distance of unit vectors is 1 − cosine, and exactly 0 for equal vectors.
      const difference = tf.sub(directions(a), directions(b));
      const halfSquared = tf.mul(tf.sum(tf.square(difference), 2), 0.5);
      return withoutNoise(halfSquared, tf.scalar(NOISE ** 2 / 2));
    }
  }
}

/** Sets values up to a limit to 0. */
function withoutNoise(values: tf.Tensor, limit: tf.Tensor): tf.Tensor2D {
  // NaN must stay NaN, hence "not below" instead of "above".
  return tf.where(tf.lessEqual(values, limit), tf.zerosLike(values), values) as tf.Tensor2D;
}

/** Importance of the first tubelet, [B, L], from the distances [B, N − L]. */
function firstTubelet(moved: tf.Tensor2D, perTubelet: number, first: FirstTubelet): tf.Tensor2D {
  const [batch, rest] = moved.shape;
  switch (first) {
    case "copy":
      return tf.slice(moved, [0, 0], [batch, perTubelet]);
    case "zero":
      return tf.zeros([batch, perTubelet]);
    case "max":
      return tf.max(tf.reshape(moved, [batch, rest / perTubelet, perTubelet]), 1);
  }
}

/** The rank of every value in its row, int32 [B, N]; ties rank by index. */
function ranks(values: tf.Tensor2D, largestFirst: boolean): tf.Tensor2D {
  const [batch, tokens] = values.shape;
  const signed = largestFirst ? tf.neg(values) : values;
  const one = tf.reshape(signed, [batch, tokens, 1]);
  const other = tf.reshape(signed, [batch, 1, tokens]);
  const index = tf.range(0, tokens, 1, "int32");
  const before = tf.less(tf.reshape(index, [1, 1, tokens]), tf.reshape(index, [1, tokens, 1]));
  const ahead = tf.logicalOr(
    tf.less(other, one),
    tf.logicalAnd(tf.equal(other, one), before),
  );
  return tf.sum(tf.cast(ahead, "int32"), 2);
}

/** The `count` tokens of each row with a role, ascending: int32 [B, count]. */
function tokensOf(role: number, roles: tf.Tensor2D, count: number): tf.Tensor2D {
  const [samples, tokens] = roles.shape;
  if (count === 0) return tf.zeros([samples, 0], "int32");
  const place = tf.reshape(tf.range(tokens, 0, -1, "float32"), [1, tokens]);
  const isIn = tf.cast(tf.equal(roles, tf.scalar(role, "int32")), "float32");
  const { values } = tf.topk(tf.mul(isIn, place), count);
  return tf.cast(tf.sub(tokens, values), "int32") as tf.Tensor2D;
}

/** {@linkcode SelectionKernels} in stock tfjs operations. */
export const referenceSelection: SelectionKernels = {
  tokenDistances: (x, perTubelet, distance, first) =>
    tidy(() => {
      const [batch, tokens, width] = x.shape;
      const size: [number, number, number] = [batch, tokens - perTubelet, width];
      const before = tf.slice(x, [0, 0, 0], size);
      const after = tf.slice(x, [0, perTubelet, 0], size);
      const moved = distances(after, before, distance);
      return tf.concat([firstTubelet(moved, perTubelet, first), moved], 1);
    }),

  partitionTokens: (values, largestFirst, roles, ones) =>
    tidy(() => {
      const [, tokens] = values.shape;
      const [, chosen] = roles.shape;
      const ordered = tf.where(tf.isNaN(values), tf.fill(values.shape, Infinity), values);
      const padding: [[number, number], [number, number]] = [[0, 0], [0, tokens - chosen]];
      const byRank = tf.pad(roles, padding, -1) as tf.Tensor2D;
      const rank = ranks(ordered as tf.Tensor2D, largestFirst);
      // As one row for all samples, since the stock wasm batch gather reads wrong positions.
      const places = tf.reshape(flatIndex(rank, tokens), values.shape);
      const byToken = tf.gather(tf.reshape(byRank, [-1]), places);
      return {
        zeros: tokensOf(0, byToken as tf.Tensor2D, chosen - ones),
        ones: tokensOf(1, byToken as tf.Tensor2D, ones),
      };
    }),
};
