import * as tf from "@tensorflow/tfjs-core";
import {
  AdamW,
  type BlockSettings,
  type BlockTensors,
  type Device,
  initialParameters,
  lossAndGradients,
  Parameters,
  type ParameterSpec,
  transformerBlock,
} from "@videoms/core";

/** The sizes of a training step that decide where it is fast. */
export interface StepSizes {
  /** Clips, B. */
  readonly batch: number;
  /** Tokens of a clip, N. */
  readonly tokens: number;
  /** Width of a token, D. */
  readonly width: number;
  readonly heads: number;
  /** Width within the MLP. */
  readonly hidden: number;
}

/** Steps that are timed, of which the fastest counts; the one before them compiles kernels. */
const STEPS = 3;

function specsOf({ width: D, hidden: H }: StepSizes): ParameterSpec[] {
  const shapes: Record<keyof BlockTensors, number[]> = {
    attentionNormWeight: [D],
    attentionNormBias: [D],
    queryBias: [D],
    valueBias: [D],
    qkvWeight: [D, 3 * D],
    outputWeight: [D, D],
    outputBias: [D],
    mlpNormWeight: [D],
    mlpNormBias: [D],
    expandWeight: [D, H],
    expandBias: [H],
    contractWeight: [H, D],
    contractBias: [D],
  };
  return Object.entries(shapes).map(([name, shape]) => ({
    name,
    shape,
    initializer: { kind: "uniform", bound: 0.02 },
  }));
}

/**
 * Milliseconds of a training step of one transformer block on a device: forward, backward and update. The
 * device must be tfjs's current one.
 */
export async function stepTime(device: Device, sizes: StepSizes): Promise<number> {
  const { batch, tokens, width, heads } = sizes;
  const specs = specsOf(sizes);
  const parameters = new Parameters(specs, initialParameters(specs, 0));
  const optimizer = new AdamW(device, parameters);
  const x = tf.randomNormal<tf.Rank.R3>([batch, tokens, width], 0, 1, "float32", 0);
  const settings: BlockSettings = {
    heads,
    epsilon: 1e-6,
    recompute: false,
    attentionFactors: null,
    mlpFactors: null,
  };
  const step = async (): Promise<number> => {
    const start = performance.now();
    const { loss, gradients } = lossAndGradients(parameters, () => {
      const tensors = Object.fromEntries(parameters.entries()) as unknown as BlockTensors;
      return tf.mean(transformerBlock(x, tensors, settings)) as tf.Scalar;
    });
    optimizer.step(gradients, { learningRate: 1e-4, weightDecay: 0, loss });
    tf.dispose([loss, ...gradients.values()]);
    await device.settle();
    return performance.now() - start;
  };
  try {
    await step();
    let best = Infinity;
    for (let i = 0; i < STEPS; i++) best = Math.min(best, await step());
    device.check();
    return best;
  } finally {
    optimizer.dispose();
    parameters.dispose();
    x.dispose();
  }
}
