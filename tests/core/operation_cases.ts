/**
 * The operations that networks are made of, as the table of guides/support.md lists them, and what computes them.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import {
  activeKernels,
  ADAMW,
  addRows,
  binaryCrossEntropy,
  decoderTokens,
  type Device,
  gatherTokens,
  gelu,
  initialParameters,
  type Kernels,
  layerNorm,
  linear,
  openOptimizer,
  packBiases,
  Parameters,
  type ParameterSpec,
  partitionTokens,
  patchesOf,
  pixelTensor,
  randomStream,
  reconstructionLoss,
  referenceKernels,
  rotateHeads,
  selfAttention,
  smoothL1Error,
  softmaxCrossEntropy,
  squaredError,
  tidy,
  tokensFrom,
  type UpdateRule,
  useKernels,
} from "@videoms/core";
import {
  type BlockOptions,
  type BlockRun,
  lamb,
  lion,
  PIXEL_SCALE,
  sgd,
  vit,
} from "@videoms/models";
import { normals } from "./cpu_cases.ts";

/** Kernels of tfjs that compute nothing: they give the values of a tensor another shape or another owner. */
const VIEWS = ["Identity", "Reshape"];

/** Who computes what was done: our own kernels, tfjs's operations, or both. */
interface Computed {
  own: boolean;
  /** Whether some of it is stored in half precision. */
  half: boolean;
  stock: Set<string>;
}

const watched: Computed[] = [];

/** The engine of tfjs, by which all of its kernels run. */
const engine = tf.engine() as unknown as { runKernel(name: string, ...rest: unknown[]): unknown };
const runKernel = engine.runKernel.bind(engine);
engine.runKernel = (name, ...rest) => {
  if (!VIEWS.includes(name)) watched.at(-1)?.stock.add(name);
  return runKernel(name, ...rest);
};

/** The same kernels, which tell the one who watches when they are used. */
function told<Some extends Partial<Kernels>>(kernels: Some, half: boolean): Some {
  const tell = (name: string, run: unknown) => (...args: unknown[]) => {
    const at = watched.at(-1);
    if (at && run !== referenceKernels[name as keyof Kernels]) at.own = true;
    if (at && half) at.half = true;
    return (run as (...args: unknown[]) => unknown)(...args);
  };
  return Object.fromEntries(
    Object.entries(kernels).map(([name, one]) => [
      name,
      typeof one === "function" ? tell(name, one) : one && told(one, true),
    ]),
  ) as Some;
}

function watch<Value>(run: () => Value): [Value, Computed] {
  const computed: Computed = { own: false, half: false, stock: new Set() };
  watched.push(computed);
  try {
    return [run(), computed];
  } finally {
    watched.pop();
  }
}

function said({ own, half, stock }: Computed): string {
  if (stock.size > 0) return own ? "own + tfjs" : "tfjs";
  if (!own) return "none"; // such as a gradient that is passed on
  return half ? "own, in half" : "own";
}

/** An operation: its result, and what it has gradients for. */
interface Operation {
  readonly inputs?: () => tf.Tensor[];
  readonly run: (inputs: tf.Tensor[], device: Device) => tf.Tensor | void;
}

const [B, N, D, HEADS] = [2, 8, 12, 2];

const tokens = () => normals<tf.Tensor3D>("tokens", B, N, D);
const places = (...rows: number[]) => tf.tensor2d([...rows, ...rows], [B, rows.length], "int32");
const table = () => normals<tf.Tensor2D>("table", N, D);

const GEOMETRY = { frames: 4, tubeletSize: 2, imageSize: 8, patchSize: 4 };

const patches = (name: string) => normals<tf.Tensor3D>(name, B, N, 2 * 4 * 4 * 3);

function rotation() {
  const all = () => normals<tf.Tensor3D>("rotation", B, N, 3 * D / HEADS);
  return { cos: all(), sin: all() };
}

/** A block of an encoder. */
function block(more: Partial<BlockOptions> = {}, run: () => BlockRun = () => ({})): Operation {
  const options = { width: D, heads: HEADS, ...more };
  const backbone = vit.create({});
  const specs = backbone.blockSpecs("block", options);
  return {
    inputs:
      (): tf.Tensor[] => [tokens(), ...specs.map(({ name, shape }) => normals(name, ...shape))],
    run: ([x, ...tensors]: tf.Tensor[]) =>
      backbone.runBlock(
        x as tf.Tensor3D,
        <T extends tf.Tensor>(name: string) =>
          tensors[specs.findIndex((spec) => spec.name === `block.${name}`)] as T,
        options,
        run(),
      ),
  };
}

const SPECS: ParameterSpec[] = [
  { name: "w", shape: [D, D], initializer: { kind: "constant", value: 1 } },
];

/** A step of an optimiser. */
function optimizer(rule: UpdateRule): Operation {
  return {
    run(_, device) {
      const parameters = new Parameters(SPECS, initialParameters(SPECS, 0));
      try {
        const made = openOptimizer(device, parameters, rule);
        const gradients = new Map([["w", normals("gradient", D, D)]]);
        const change = { learningRate: 0.1, weightDecay: 0.1 };
        const [, computed] = watch(() => made.step(gradients, change));
        const at = watched.at(-1)!;
        at.own = computed.stock.size === 0; // kernels of a step are the device's own
        for (const name of computed.stock) at.stock.add(name);
        made.dispose();
      } finally {
        parameters.dispose();
      }
    },
  };
}

/** Scores of classes or targets of clips. */
const scores = () => [normals("scores", B, D)];
const wanted = () => normals<tf.Tensor2D>("wanted", B, D);

/** The operations by their rows in the table. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  "normalised patches of uint8 clips": {
    run: () => patchesOf(pixelTensor(new Uint8Array(B * 4 * 8 * 8 * 3)), B, GEOMETRY, PIXEL_SCALE),
  },
  "linear layer": {
    inputs: () => [tokens(), normals("w", D, D), normals("b", D)],
    run: ([x, w, b]) => linear(x as tf.Tensor3D, w as tf.Tensor2D, b as tf.Tensor1D),
  },
  "layer norm": {
    inputs: () => [tokens(), normals("w", D), normals("b", D)],
    run: ([x, w, b]) => layerNorm(x as tf.Tensor3D, w as tf.Tensor1D, b as tf.Tensor1D, 1e-6),
  },
  "GELU": { inputs: () => [tokens()], run: ([x]) => gelu(x) },
  "self-attention": {
    inputs: () => [normals("qkv", B, N, 3 * D)],
    run: ([x]) => selfAttention(x as tf.Tensor3D, HEADS),
  },
  "packed biases of queries and values": {
    inputs: () => [normals("q", D), normals("v", D)],
    run: ([q, v]) => packBiases(q as tf.Tensor1D, v as tf.Tensor1D),
  },
  "rotation of queries and keys": {
    inputs: () => [normals("qkv", B, N, 3 * D)],
    run: ([x]) => rotateHeads(x as tf.Tensor3D, rotation(), HEADS),
  },
  "transformer block": block(),
  "transformer block, drop path": block({}, () => ({
    drop: { rate: 0.5, random: Array.from({ length: B }, (_, b) => randomStream(0, b)) },
  })),
  "transformer block, activation checkpointing": block({}, () => ({ recompute: true })),
  "transformer block, LayerScale": block({ layerScale: 0.1 }),
  "transformer block, QK-norm": block({ qkNorm: true }),
  "transformer block, SwiGLU": block({ mlp: "swiglu" }),
  "transformer block, rotary positions": block(
    { keyBias: true },
    () => ({ rotation: rotation() }),
  ),
  "distances of tokens over time": {
    run: () => activeKernels().tokenDistances(tokens(), 4, "l2", "copy"),
  },
  "choice of tokens": {
    run() {
      const values = normals<tf.Tensor2D>("values", B, N);
      return partitionTokens(values, true, [[0, 1, 0], [0, 1, 0]]).ones;
    },
  },
  "gather kept tokens": {
    inputs: () => [tokens()],
    run: ([x]) => gatherTokens(x as tf.Tensor3D, places(0, 3, 5)),
  },
  "add fixed positions": {
    inputs: () => [tokens()],
    run: ([x]) => addRows(x as tf.Tensor3D, table(), places(0, 1, 2, 3, 4, 5, 6, 7)),
  },
  "add learned positions": {
    inputs: () => [tokens(), table()],
    run: ([x, t]) =>
      addRows(x as tf.Tensor3D, t as tf.Tensor2D, places(0, 1, 2, 3, 4, 5, 6, 7), true),
  },
  "tokens of a decoder": {
    inputs: () => [normals("known", B, 3, D), normals("mask", D)],
    run: ([known, mask]) =>
      decoderTokens(
        known as tf.Tensor3D,
        mask as tf.Tensor1D,
        table(),
        places(0, 3, 5),
        places(1, 2),
      ),
  },
  "last tokens": { inputs: () => [tokens()], run: ([x]) => tokensFrom(x as tf.Tensor3D, 3) },
  "reconstruction loss": {
    inputs: () => [patches("prediction")],
    run: ([x]) => reconstructionLoss(x as tf.Tensor3D, patches("patches"), PIXEL_SCALE, true),
  },
  "cross-entropy": {
    inputs: scores,
    run: ([x]) => softmaxCrossEntropy(x as tf.Tensor2D, wanted()),
  },
  "binary cross-entropy": {
    inputs: scores,
    run: ([x]) => binaryCrossEntropy(x as tf.Tensor2D, wanted()),
  },
  "squared error": { inputs: scores, run: ([x]) => squaredError(x as tf.Tensor2D, wanted()) },
  "smooth L1 error": { inputs: scores, run: ([x]) => smoothL1Error(x as tf.Tensor2D, wanted()) },
  "AdamW step": optimizer(ADAMW),
  "Lion step": optimizer(lion.create({})),
  "LAMB step": optimizer(lamb.create({ ...lamb.defaults })),
  "SGD step": optimizer(sgd.create({ ...sgd.defaults })),
};

/**
 * What computes an operation on the current device and its gradient, as cells of the table have it: "own / own + tfjs"; a
 * dash for what there is none of.
 */
export function computedBy({ inputs = () => [], run }: Operation, device: Device): string {
  const kernels = activeKernels();
  if (kernels !== referenceKernels) useKernels(device.backend, told(kernels, false));
  try {
    return tidy(() => {
      const made = inputs();
      if (made.length === 0) return `${said(watch(() => run([], device))[1])} / –`;
      let forward: Computed;
      const [, whole] = watch(() =>
        tf.grads((...tensors) => {
          const [value, computed] = watch(() => run(tensors, device) as tf.Tensor);
          forward = computed;
          return value;
        })(made)
      );
      return `${said(forward!)} / ${said(whole)}`;
    });
  } catch (error) {
    if (/^Cannot build optimizer/.test((error as Error).message)) return "–";
    throw error;
  } finally {
    if (kernels !== referenceKernels) useKernels(device.backend, kernels);
  }
}
