import * as tf from "@tensorflow/tfjs-core";
import {
  type ClipGeometry,
  type Kernels,
  randomStream,
  tokenGrid,
  valuesPerToken,
} from "@videoms/core";
import { PIXEL_SCALE } from "@videoms/models";
import { formulaPixels } from "../step/formula.ts";

/** Sizes of a stack's work in a training step. */
export interface OpSizes {
  geometry: ClipGeometry;
  batch: number;
  /** Tokens of a clip that go through the stack. */
  tokens: number;
  width: number;
  heads: number;
}

/** An operation at a model's sizes. */
export interface OpCase {
  readonly name: string;
  /** Makes inputs on the current backend; the same values on every one. */
  inputs(kernels: Kernels): tf.Tensor[];
  /** Runs it; gives what is to be compared. */
  run(kernels: Kernels, inputs: tf.Tensor[]): tf.Tensor[];
}

function draw(shape: number[], name: string, scale = 1): tf.Tensor {
  const random = randomStream(3, name);
  const size = tf.util.sizeFromShape(shape);
  return tf.tensor(Float32Array.from({ length: size }, () => scale * random.normal()), shape);
}

/** Distinct ascending indices, spread evenly: int32 [batch, count] of `of`. */
function spread(batch: number, count: number, of: number): tf.Tensor2D {
  const row = Array.from({ length: count }, (_, i) => Math.floor(i * of / count));
  return tf.tensor2d(Array.from({ length: batch }, () => row), [batch, count], "int32");
}

/** Every family of {@linkcode Kernels}, at the sizes of an encoder. */
export function opCases({ geometry, batch, tokens, width, heads }: OpSizes): OpCase[] {
  const rows = batch * tokens;
  const grid = tokenGrid(geometry);
  const values = valuesPerToken(geometry);
  const matrix = (r: number, c: number, name: string, scale = 1) => draw([r, c], name, scale);
  const w = (i: number, o: number) => matrix(i, o, "w", 1 / Math.sqrt(i));
  const x2 = (t: tf.Tensor) => t as tf.Tensor2D;
  const x1 = (t: tf.Tensor) => t as tf.Tensor1D;
  const x3 = (t: tf.Tensor) => t as tf.Tensor3D;
  return [
    {
      name: "linear D → 3D",
      inputs: () => [matrix(rows, width, "x"), w(width, 3 * width), draw([3 * width], "b")],
      run: (k, [x, w, b]) => [k.linear(x2(x), x2(w), x1(b))],
    },
    {
      name: "linear gradients D → 3D",
      inputs: () => [matrix(rows, width, "x"), w(width, 3 * width), matrix(rows, 3 * width, "dy")],
      run: (k, [x, w, dy]) => {
        const { dx, dw, db } = k.linearGradients(x2(x), x2(w), x2(dy), true);
        return [dx!, dw, db];
      },
    },
    {
      name: "linear and GELU D → 4D",
      inputs: () => [matrix(rows, width, "x"), w(width, 4 * width), draw([4 * width], "b")],
      run: (k, [x, w, b]) => {
        const { pre, y } = k.linearGelu(x2(x), x2(w), x1(b));
        return [pre, y];
      },
    },
    {
      name: "gradients of GELU and linear 4D → D",
      inputs:
        () => [matrix(rows, 4 * width, "pre"), w(4 * width, width), matrix(rows, width, "dy")],
      run: (k, [pre, w, dy]) => {
        const { dx, dw, db } = k.geluLinearGradients(x2(pre), x2(w), x2(dy));
        return [dx, dw, db];
      },
    },
    {
      name: "layer norm",
      inputs: () => [matrix(rows, width, "x"), draw([width], "scale"), draw([width], "offset")],
      run: (k, [x, s, o]) => {
        const { y, statistics } = k.layerNorm(x2(x), x1(s), x1(o), 1e-6);
        return [y, statistics];
      },
    },
    {
      name: "attention",
      inputs: () => [draw([batch, tokens, 3 * width], "qkv")],
      run: (k, [qkv]) => {
        const { y, saved } = k.attention(x3(qkv), heads);
        saved.dispose(); // of each backend's own form
        return [y];
      },
    },
    {
      name: "attention and its gradient",
      inputs: () => [draw([batch, tokens, 3 * width], "qkv"), draw([batch, tokens, width], "dy")],
      run: (k, [qkv, dy]) => {
        const { y, saved } = k.attention(x3(qkv), heads);
        const dQkv = k.attentionGradient(x3(qkv), heads, y, saved, x3(dy));
        saved.dispose();
        return [y, dQkv];
      },
    },
    {
      name: "patches of all tokens",
      inputs: (k) => [k.pixels(formulaPixels(batch, geometry.frames, geometry.imageSize))],
      run: (k, [pixels]) => [k.patches(x1(pixels), batch, geometry, PIXEL_SCALE, null)],
    },
    {
      name: "gather tokens",
      inputs: () => [draw([batch, grid.tokens, width], "x"), spread(batch, tokens, grid.tokens)],
      run: (k, [x, index]) => [k.gatherRows(x3(x), x2(index))],
    },
    {
      name: "scatter tokens",
      inputs: () => [draw([batch, tokens, width], "x"), spread(batch, tokens, grid.tokens)],
      run: (k, [x, index]) => [k.scatterRows(x3(x), x2(index), grid.tokens)],
    },
    {
      name: "token distances",
      inputs: () => [draw([batch, grid.tokens, width], "x")],
      run: (k, [x]) => [k.tokenDistances(x3(x), grid.perTubelet, "l2", "copy")],
    },
    {
      name: "choice of tokens",
      inputs: () => [
        draw([batch, grid.tokens], "importance"),
        tf.tidy(() => tf.mod(spread(batch, 2 * tokens, 2 * tokens), tf.scalar(2, "int32"))),
      ],
      run: (k, [importance, roles]) => {
        const { zeros, ones } = k.partitionTokens(x2(importance), true, x2(roles), tokens);
        return [zeros, ones];
      },
    },
    {
      name: "reconstruction loss and gradient",
      inputs: () => [matrix(rows, values, "prediction"), matrix(rows, values, "patches")],
      run: (k, [prediction, patches]) => {
        const { loss, dPrediction } = k.reconstructionLoss(
          x2(prediction),
          x2(patches),
          PIXEL_SCALE,
          true,
        );
        return [loss, dPrediction];
      },
    },
  ];
}
