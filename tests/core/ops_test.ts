import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import {
  addRows,
  binaryCrossEntropy,
  type BlockSettings,
  type BlockTensors,
  decoderTokens,
  gatherTokens,
  gelu,
  layerNorm,
  linear,
  linearOfData,
  packBiases,
  randomStream,
  reconstructionLoss,
  rotateHeads,
  selfAttention,
  smoothedTargets,
  smoothL1Error,
  softmaxCrossEntropy,
  squaredError,
  tokensFrom,
  transformerBlock,
} from "@videoms/core";
import { testOnBackends, valuesOf } from "../backends.ts";

/** An operation under test: the shapes of the inputs that get a gradient, and the operation. */
interface Case {
  name: string;
  shapes: number[][];
  run: (inputs: tf.Tensor[]) => tf.Tensor;
}

const index = [[0, 3, 4], [1, 2, 6]];
const indices = (rows: number[][]) => tf.tensor2d(rows, [rows.length, rows[0].length], "int32");
const table = () => tf.reshape(tf.linspace(-1, 1, 21), [7, 3]) as tf.Tensor2D;

const SCALE = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
const patches = () => tf.reshape(tf.cos(tf.linspace(0, 99, 72)), [2, 3, 12]) as tf.Tensor3D;

/** Width 6, hidden width 8. */
const BLOCK_SHAPES: Record<keyof BlockTensors, number[]> = {
  attentionNormWeight: [6],
  attentionNormBias: [6],
  queryBias: [6],
  valueBias: [6],
  qkvWeight: [6, 18],
  outputWeight: [6, 6],
  outputBias: [6],
  mlpNormWeight: [6],
  mlpNormBias: [6],
  expandWeight: [6, 8],
  expandBias: [8],
  contractWeight: [8, 6],
  contractBias: [6],
};

function runBlock([x, ...tensors]: tf.Tensor[], settings: Partial<BlockSettings>): tf.Tensor {
  const names = Object.keys(BLOCK_SHAPES);
  const byName = Object.fromEntries(names.map((name, i) => [name, tensors[i]]));
  return transformerBlock(x as tf.Tensor3D, byName as unknown as BlockTensors, {
    heads: 3,
    epsilon: 1e-6,
    recompute: false,
    attentionFactors: null,
    mlpFactors: null,
    ...settings,
  });
}

const blockShapes = [[2, 5, 6], ...Object.values(BLOCK_SHAPES)];

const cases: Case[] = [
  {
    name: "linear",
    shapes: [[2, 3, 5], [5, 7], [7]],
    run: ([x, w, b]) => linear(x, w as tf.Tensor2D, b as tf.Tensor1D),
  },
  {
    name: "linear without bias",
    shapes: [[3, 6], [6, 1]],
    run: ([x, w]) => linear(x, w as tf.Tensor2D, null),
  },
  {
    name: "linear of data",
    shapes: [[5, 4], [4]],
    run: ([w, b]) =>
      linearOfData(tf.reshape(tf.linspace(-1, 1, 15), [3, 5]), w as tf.Tensor2D, b as tf.Tensor1D),
  },
  {
    name: "linear of data without bias",
    shapes: [[5, 4]],
    run: ([w]) => linearOfData(tf.reshape(tf.linspace(-1, 1, 15), [3, 5]), w as tf.Tensor2D, null),
  },
  {
    name: "layer norm",
    shapes: [[2, 3, 6], [6], [6]],
    run: ([x, g, b]) => layerNorm(x, g as tf.Tensor1D, b as tf.Tensor1D),
  },
  { name: "gelu", shapes: [[3, 7]], run: ([x]) => gelu(tf.mul(x, 3)) },
  {
    name: "self-attention",
    shapes: [[2, 5, 18]],
    run: ([qkv]) => selfAttention(qkv as tf.Tensor3D, 3),
  },
  {
    name: "self-attention of one token, one head",
    shapes: [[2, 1, 6]],
    run: ([qkv]) => selfAttention(qkv as tf.Tensor3D, 1),
  },
  {
    name: "gather tokens",
    shapes: [[2, 7, 3]],
    run: ([x]) => gatherTokens(x as tf.Tensor3D, tf.tensor2d(index, [2, 3], "int32")),
  },
  {
    name: "add rows",
    shapes: [[2, 3, 3]],
    run: ([x]) => addRows(x as tf.Tensor3D, table(), indices(index)),
  },
  {
    name: "decoder tokens",
    shapes: [[2, 3, 3], [3]],
    run: ([x, token]) =>
      decoderTokens(
        x as tf.Tensor3D,
        token as tf.Tensor1D,
        table(),
        indices(index),
        indices([[1, 6], [0, 3]]),
      ),
  },
  {
    name: "add learned rows",
    shapes: [[2, 3, 3], [7, 3]],
    run: ([x, rows]) => addRows(x as tf.Tensor3D, rows as tf.Tensor2D, indices(index), true),
  },
  {
    name: "decoder tokens with learned rows",
    shapes: [[2, 3, 3], [3], [7, 3]],
    run: ([x, token, rows]) =>
      decoderTokens(
        x as tf.Tensor3D,
        token as tf.Tensor1D,
        rows as tf.Tensor2D,
        indices(index),
        indices([[1, 6], [0, 3]]),
        true,
      ),
  },
  {
    name: "rotated heads",
    shapes: [[2, 3, 12]],
    run: ([qkv]) =>
      rotateHeads(qkv as tf.Tensor3D, {
        cos: tf.reshape(tf.cos(tf.linspace(0, 35, 36)), [2, 3, 6]) as tf.Tensor3D,
        sin: tf.reshape(tf.sin(tf.linspace(9, 44, 36)), [2, 3, 6]) as tf.Tensor3D,
      }, 2),
  },
  { name: "tokens from", shapes: [[2, 7, 3]], run: ([x]) => tokensFrom(x as tf.Tensor3D, 4) },
  {
    name: "packed biases",
    shapes: [[5], [5]],
    run: ([q, v]) => packBiases(q as tf.Tensor1D, v as tf.Tensor1D),
  },
  { name: "transformer block", shapes: blockShapes, run: (inputs) => runBlock(inputs, {}) },
  {
    name: "transformer block that drops branches and computes again",
    shapes: blockShapes,
    run: (inputs) =>
      runBlock(inputs, {
        recompute: true,
        attentionFactors: tf.tensor1d([0, 2]),
        mlpFactors: tf.tensor1d([1.5, 0.5]),
      }),
  },
  {
    name: "reconstruction loss",
    shapes: [[2, 3, 12]],
    run: ([x]) => reconstructionLoss(x as tf.Tensor3D, patches(), SCALE, true),
  },
  {
    name: "reconstruction loss of pixels",
    shapes: [[2, 3, 12]],
    run: ([x]) => reconstructionLoss(x as tf.Tensor3D, patches(), SCALE, false),
  },
  {
    name: "softmax cross-entropy",
    shapes: [[3, 5]],
    run: ([x]) => softmaxCrossEntropy(x as tf.Tensor2D, smoothedTargets([0, 4, 2], 5, 0.1)),
  },
  {
    name: "binary cross-entropy",
    shapes: [[2, 3]],
    run: ([x]) => binaryCrossEntropy(x as tf.Tensor2D, tf.tensor2d([[0, 1, 1], [1, 0, 0]])),
  },
  {
    name: "squared error",
    shapes: [[2, 3]],
    run: ([x]) => squaredError(x as tf.Tensor2D, tf.tensor2d([[0, 1, -2], [3, 0, 0.5]])),
  },
  {
    name: "smooth L1 error",
    shapes: [[2, 3]],
    run: ([x]) => smoothL1Error(x as tf.Tensor2D, tf.tensor2d([[0, 9, -9], [0.1, 0, 0.5]])),
  },
];

function draw(shape: number[], name: string): Float32Array {
  const size = shape.reduce((a, b) => a * b, 1);
  const random = randomStream(1, name);
  return Float32Array.from({ length: size }, () => random.normal());
}

/** A weighted sum of the operation's value, so that each of its entries has a gradient of its own. */
function weighted(test: Case, inputs: tf.Tensor[]): tf.Scalar {
  const value = test.run(inputs);
  const weights = tf.tensor(draw(value.shape, `${test.name} weights`), value.shape);
  return tf.sum(tf.mul(value, weights));
}

function valuesAndGradients(test: Case): { value: tf.Scalar; grads: tf.Tensor[] } {
  return tf.tidy(() => {
    const inputs = test.shapes.map((shape, i) =>
      tf.tensor(draw(shape, `${test.name} ${i}`), shape)
    );
    return tf.valueAndGrads((...xs: tf.Tensor[]) => weighted(test, xs))(inputs);
  }) as { value: tf.Scalar; grads: tf.Tensor[] };
}

for (const test of cases) {
  testOnBackends(`${test.name}: gradient is that of finite differences`, async () => {
    const { value, grads } = valuesAndGradients(test);
    value.dispose();
    for (const [i, gradient] of grads.entries()) {
      const computed = await valuesOf(gradient);
      // A handful of directions is enough: each one sees every entry.
      for (let trial = 0; trial < 4; trial++) {
        const direction = draw(test.shapes[i], `${test.name} direction ${trial}`);
        const at = async (distance: number): Promise<number> => {
          const loss = tf.tidy(() =>
            weighted(
              test,
              test.shapes.map((shape, j) => {
                const x = draw(shape, `${test.name} ${j}`);
                if (j === i) x.forEach((value, k) => x[k] = value + distance * direction[k]);
                return tf.tensor(x, shape);
              }),
            )
          );
          return (await valuesOf(loss))[0];
        };
        const step = 5e-3;
        const slope = (await at(step) - await at(-step)) / (2 * step);
        const expected = direction.reduce((sum, d, k) => sum + d * computed[k], 0);
        const scale = Math.hypot(...computed) + 1;
        assert.ok(
          Math.abs(slope - expected) < 5e-3 * scale,
          `input ${i}: slope ${slope}, gradient gives ${expected}`,
        );
      }
    }
  }, ["cpu", "wasm"]); // float32 differences on a GPU's own exp say little; it is compared below

  testOnBackends(`${test.name}: value and gradient equal stock tfjs on the CPU`, async () => {
    const computed = valuesAndGradients(test);
    const here = [await valuesOf(computed.value)];
    for (const gradient of computed.grads) here.push(await valuesOf(gradient));
    const backend = tf.getBackend();
    await tf.setBackend("cpu");
    const oracle = valuesAndGradients(test);
    const there = [await valuesOf(oracle.value)];
    for (const gradient of oracle.grads) there.push(await valuesOf(gradient));
    await tf.setBackend(backend);
    there.forEach((values, i) => {
      const scale = values.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-3);
      values.forEach((value, k) =>
        assert.ok(Math.abs(here[i][k] - value) < 2e-5 * scale, `${i}: ${here[i][k]}, ${value}`)
      );
    });
  }, ["wasm", "webgpu"]);
}
