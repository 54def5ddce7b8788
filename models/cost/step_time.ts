import * as tf from "@tensorflow/tfjs-core";
import { AdamW, type Device, initialParameters, lossAndGradients, Parameters } from "@videoms/core";
import { type BlockOptions, blockSpecs, runBlock } from "../backbone/vit_block.ts";

/** The sizes of a training step that decide where it is fast. */
export interface StepSizes extends Pick<BlockOptions, "width" | "heads" | "mlpRatio"> {
  /** Clips, B. */
  readonly batch: number;
  /** Tokens of a clip, N. */
  readonly tokens: number;
}

/** Steps that are timed, of which the fastest counts; the one before them compiles kernels. */
const STEPS = 3;

/**
 * Milliseconds of a training step of one transformer block on a device: forward, backward and update. The
 * device must be tfjs's current one.
 */
export async function stepTime(
  device: Device,
  { batch, tokens, ...block }: StepSizes,
): Promise<number> {
  const specs = blockSpecs("block", block);
  const parameters = new Parameters(specs, initialParameters(specs, 0));
  const optimizer = new AdamW(device, parameters);
  const x = tf.randomNormal<tf.Rank.R3>([batch, tokens, block.width], 0, 1, "float32", 0);
  const step = async (): Promise<number> => {
    const start = performance.now();
    const { loss, gradients } = lossAndGradients(
      parameters,
      () => tf.mean<tf.Scalar>(runBlock(x, parameters.scope("block"), block)),
    );
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
