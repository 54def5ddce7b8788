/**
 * Every operation of a backend at awkward sizes, for comparing backends and numbers of threads.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { DISTANCES, FIRST_TUBELETS, type Kernels, randomStream } from "@videoms/core";

/** Operations to compare: what they make is told apart by its place. */
export interface KernelCase {
  name: string;
  run: (kernels: Kernels) => tf.Tensor[];
  /** Share of the largest value of a tensor that a value may be off by. */
  tolerance: number;
}

/** Normal numbers, the same for the same name and shape. */
export function normals<T extends tf.Tensor>(name: string, ...shape: number[]): T {
  const stream = randomStream(7, name, ...shape);
  const size = tf.util.sizeFromShape(shape);
  return tf.tensor(Float32Array.from({ length: size }, () => stream.normal()), shape) as T;
}

/** For each sample `count` of `rows` rows, distinct, in any order. */
function someRows(batch: number, count: number, rows: number): tf.Tensor2D {
  const values = Array.from({ length: batch }, (_, b) => {
    const keys = randomStream(7, "rows", b, count, rows).uniforms(rows);
    const order = Array.from(keys.keys()).sort((i, j) => keys[i] - keys[j]);
    return order.slice(0, count);
  });
  return tf.tensor2d(values, [batch, count], "int32");
}

function dense(rows: number, inputs: number, outputs: number): KernelCase {
  return {
    name: `dense [${rows}, ${inputs}] to ${outputs}`,
    tolerance: 3e-6,
    run: (kernels) => {
      const x = normals<tf.Tensor2D>("x", rows, inputs);
      const w = normals<tf.Tensor2D>("w", inputs, outputs);
      const b = normals<tf.Tensor1D>("b", outputs);
      const residual = normals<tf.Tensor2D>("residual", rows, outputs);
      const factors = normals<tf.Tensor1D>("factors", rows % 3 === 0 ? 3 : 1);
      const hidden = kernels.linearGelu(x, w, b);
      const plain = kernels.linearGradients(x, w, residual, true);
      const gelu = kernels.geluLinearGradients(x, w, residual);
      return [
        kernels.linear(x, w, null),
        kernels.linear(x, w, null, { residual }),
        kernels.linear(x, w, b, { residual }),
        kernels.linear(x, w, b, { residual, factors }),
        ...[hidden.pre, hidden.y, plain.dx!, plain.dw, plain.db, gelu.dx, gelu.dw, gelu.db],
        kernels.linearGradients(x, w, residual, false).dw,
        kernels.scaleSamples(x, factors),
      ];
    },
  };
}

function attention(batch: number, tokens: number, heads: number, width: number): KernelCase {
  return {
    name: `attention [${batch}, ${tokens}, ${heads} × ${width}]`,
    tolerance: 5e-6,
    run: (kernels) => {
      const qkv = normals<tf.Tensor3D>("qkv", batch, tokens, 3 * heads * width);
      const dy = normals<tf.Tensor3D>("dy", batch, tokens, heads * width);
      const { y, saved } = kernels.attention(qkv, heads);
      return [y, kernels.attentionGradient(qkv, heads, y, saved, dy)];
    },
  };
}

function norm(rows: number, width: number): KernelCase {
  return {
    name: `norm [${rows}, ${width}]`,
    tolerance: 5e-6,
    run: (kernels) => {
      const x = normals<tf.Tensor2D>("x", rows, width);
      const [scale, offset] = ["g", "b"].map((name) => normals<tf.Tensor1D>(name, width));
      const [dy, residual] = ["dy", "r"].map((name) => normals<tf.Tensor2D>(name, rows, width));
      const { y, statistics } = kernels.layerNorm(x, scale, offset, 1e-6);
      const plain = kernels.layerNormGradients(x, scale, statistics, dy);
      const added = kernels.layerNormGradients(x, scale, statistics, dy, residual);
      return [y, statistics, plain.dx, plain.dScale, plain.dOffset, added.dx];
    },
  };
}

function values(...shape: number[]): KernelCase {
  return {
    name: `GELU [${shape}]`,
    tolerance: 5e-6, // the oracle's own erf is good to 1.5e-7 of 1; cpu_kernels_test.ts has float64
    run: (kernels) => {
      const [x, dy] = ["x", "dy"].map((name) => tf.mul(normals(name, ...shape), 2));
      return [kernels.gelu(x), kernels.geluGradient(x, dy)];
    },
  };
}

function biases(width: number): KernelCase {
  return {
    name: `biases [${width}]`,
    tolerance: 0,
    run: (kernels) => {
      const packed = kernels.packBiases(normals("query", width), normals("value", width));
      const parts = kernels.unpackBiases(normals("packed", 3 * width));
      return [packed, parts.query, parts.value];
    },
  };
}

/** Tokens that are moved, of `rows` tokens; the targets are half of the rest, rounded up. */
function tokens(batch: number, rows: number, kept: number, width: number): KernelCase {
  return {
    name: `tokens [${batch}, ${kept} of ${rows}, ${width}]`,
    tolerance: 1e-6,
    run: (kernels) => {
      const hidden = Math.ceil((rows - kept) / 2);
      const index = someRows(batch, kept + hidden, rows);
      const visible = tf.slice(index, [0, 0], [batch, kept]);
      const target = tf.slice(index, [0, kept], [batch, hidden]);
      const x = normals<tf.Tensor3D>("x", batch, rows, width);
      const y = normals<tf.Tensor3D>("y", batch, kept, width);
      const table = normals<tf.Tensor2D>("table", rows, width);
      const token = normals<tf.Tensor1D>("token", width);
      const decoder = kernels.decoderTokensGradients(x, kept);
      return [
        kernels.gatherRows(x, visible),
        kernels.scatterRows(y, visible, rows),
        kernels.addRows(y, table, visible),
        kernels.decoderTokens(y, token, table, visible, target),
        ...[decoder.dKnown, decoder.dToken],
        kernels.tokensFrom(x, rows - kept),
        kernels.tokensFromGradient(y, rows - kept),
      ];
    },
  };
}

const SCALE = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

function patches(batch: number, imageSize: number, patchSize: number, kept: number): KernelCase {
  const geometry = { frames: 4, tubeletSize: 2, imageSize, patchSize };
  const all = 2 * (imageSize / patchSize) ** 2;
  return {
    name: `patches of ${patchSize} pixels, ${kept} of [${batch}, ${all}]`,
    tolerance: 1e-6,
    run: (kernels) => {
      const noise = randomStream(7, "bytes", batch, imageSize)
        .uniforms(batch * 4 * imageSize ** 2 * 3);
      const pixels = kernels.pixels(Uint8Array.from(noise, (u) => 256 * u));
      const index = someRows(batch, kept, all);
      return [
        kernels.patches(pixels, batch, geometry, SCALE, null),
        kernels.patches(pixels, batch, geometry, SCALE, index),
      ];
    },
  };
}

function losses(rows: number, perPatch: number): KernelCase {
  return {
    name: `losses of [${rows}, ${perPatch}]`,
    tolerance: 1e-5,
    run: (kernels) => {
      const prediction = normals<tf.Tensor2D>("prediction", rows, perPatch);
      const wanted = normals<tf.Tensor2D>("wanted", rows, perPatch);
      // bright, with a contrast of a hundredth: the statistics must not lose it
      const faint = tf.add(tf.mul(wanted, 0.01), 2) as tf.Tensor2D;
      const targets = tf.softmax(tf.mul(wanted, 3)) as tf.Tensor2D;
      const logits = tf.mul(prediction, 20) as tf.Tensor2D;
      return [
        ...Object.values(kernels.reconstructionLoss(prediction, wanted, SCALE, true)),
        ...Object.values(kernels.reconstructionLoss(prediction, wanted, SCALE, false)),
        ...Object.values(kernels.reconstructionLoss(prediction, faint, SCALE, true)),
        ...Object.values(kernels.crossEntropy(logits, targets)),
      ];
    },
  };
}

function distances(batch: number, tubelets: number, perTubelet: number, D: number): KernelCase {
  return {
    name: `distances [${batch}, ${tubelets} × ${perTubelet}, ${D}]`,
    tolerance: 2e-6,
    run: (kernels) => {
      const moving = normals<tf.Tensor4D>("moving", batch, tubelets, perTubelet, D);
      // the second tubelet is the first
      const still = tf.gather(moving, [0, 0, ...Array(tubelets - 2).keys()].slice(0, tubelets), 1);
      const x = tf.reshape(still, [batch, tubelets * perTubelet, D]) as tf.Tensor3D;
      return DISTANCES.flatMap((distance) =>
        FIRST_TUBELETS.map((first) => kernels.tokenDistances(x, perTubelet, distance, first))
      );
    },
  };
}

function partitions(batch: number, count: number, chosen: number, ones: number): KernelCase {
  return {
    name: `partition of [${batch}, ${count}] with ${ones} ones of ${chosen}`,
    tolerance: 0,
    run: (kernels) => {
      const coarse = tf.round(tf.mul(normals<tf.Tensor2D>("values", batch, count), 3)); // many ties
      const special = tf.tensor1d(
        Array.from({ length: count }, (_, i) => [0, NaN, -0, -Infinity, Infinity][i % 11] ?? 1),
      );
      const values = tf.mul(coarse, special) as tf.Tensor2D;
      const flags = someRows(batch, chosen, chosen); // a permutation: the first `ones` are ones
      const roles = tf.cast(tf.less(flags, tf.scalar(ones, "int32")), "int32") as tf.Tensor2D;
      return [true, false].flatMap((largest) =>
        Object.values(kernels.partitionTokens(values, largest, roles, ones))
      );
    },
  };
}

/** Sizes around those of vectors, tiles and panels, on one thread. */
export const SMALL_CASES: readonly KernelCase[] = [
  ...[dense(1, 1, 1), dense(3, 5, 3), dense(9, 30, 17), dense(96, 7, 33)],
  ...[attention(1, 1, 1, 16), attention(2, 5, 3, 16), attention(1, 7, 2, 20)],
  ...[attention(2, 13, 1, 128), attention(1, 66, 2, 80)],
  ...[norm(1, 3), norm(5, 30), norm(9, 7), norm(4, 48)],
  ...[values(1), values(7), values(3, 5, 9)],
  ...[biases(1), biases(6)],
  ...[tokens(2, 7, 3, 5), tokens(1, 5, 1, 8), tokens(3, 6, 6, 4), tokens(2, 9, 2, 1)],
  ...[patches(1, 6, 3, 1), patches(2, 8, 4, 8), patches(3, 6, 2, 5)],
  ...[losses(1, 6), losses(3, 27), losses(5, 48)],
  ...[distances(1, 2, 3, 5), distances(2, 4, 3, 8)],
  ...[partitions(1, 1, 1, 0), partitions(2, 40, 40, 12), partitions(3, 37, 20, 0)],
  ...[partitions(2, 37, 20, 20), partitions(2, 301, 90, 31)],
];

/** Sizes that all threads share, and of which some cuts are odd. */
export const LARGE_CASES: readonly KernelCase[] = [
  ...[dense(150, 131, 97), dense(471, 96, 833), dense(5, 300, 2049)],
  ...[attention(3, 57, 3, 64), attention(1, 530, 3, 16), attention(1, 201, 1, 64)],
  ...[norm(65_537, 4), norm(301, 130)],
  ...[values(70_001)],
  ...[tokens(3, 201, 77, 130), tokens(1, 65_601, 65_537, 3)],
  ...[patches(2, 48, 6, 77)],
  ...[losses(77, 768)],
  ...[distances(3, 8, 20, 96)],
];
