import * as tf from "@tensorflow/tfjs-core";
import {
  AdamW,
  type ClipGeometry,
  type Device,
  type HostTensors,
  lossAndGradients,
  Parameters,
  type ParameterSpec,
} from "@videoms/core";
import {
  compareTensors,
  compareValues,
  type Comparison,
  relativeNorm,
  type Tolerances,
} from "@videoms/core/testing";
import type { NetworkKind } from "../checkpoint/pytorch_layout.ts";
import { patchify } from "../patches/patchify.ts";
import { type GoldenCase, goldenParameters, goldenPixels, goldenTensor } from "./golden_case.ts";
import { checkGroups, recordedNumbers, recordedRule, recordedSteps } from "./recorded_optimizer.ts";

/** The network of a recorded case. */
export interface ReplayedNetwork {
  network: NetworkKind;
  specs: readonly ParameterSpec[];
  geometry: ClipGeometry;
}

/** Inputs of a step. */
export interface ReplayState {
  parameters: Parameters;
  /** Normalised pixels of the case's clips, [B, N, P]. */
  patches: tf.Tensor3D;
  /** Step of the case, from 0. */
  step: number;
}

/** A step, ready for the optimiser. */
export interface ReplayedStep {
  /** Comparisons so far: selections and, in the first step, the forward pass. */
  comparisons: Comparison[];
  loss: () => tf.Scalar;
  /** Tensors to be freed after the step. */
  tensors: tf.Tensor[];
}

/**
 * Weights with those of undecided entries brought as near to the recorded ones as their steps reach.
 *
 * @param reach how far two runs can move an entry apart
 */
function withoutUndecided(
  after: HostTensors,
  recorded: HostTensors,
  gradients: HostTensors,
  share: number,
  reach: number,
): HostTensors {
  return new Map([...after].map(([name, values]) => {
    const [expected, slopes] = [recorded.get(name)!, gradients.get(name)!];
    const least = share * slopes.reduce((most, slope) => Math.max(most, Math.abs(slope)), 0);
    const nearer = (value: number, i: number) =>
      Math.abs(slopes[i]) >= least ? value : expected[i] + Math.sign(value - expected[i]) *
          Math.max(0, Math.abs(value - expected[i]) - reach);
    return [name, values.map(nearer)];
  }));
}

/**
 * Repeats the optimiser steps of a case and compares parameter groups, losses, gradients and their norms, and
 * the final weights.
 */
export async function replay(
  golden: GoldenCase,
  device: Device,
  tolerances: Tolerances,
  { network, specs, geometry }: ReplayedNetwork,
  prepareStep: (state: ReplayState) => Promise<ReplayedStep>,
): Promise<Comparison[]> {
  const recorded = (prefix: string) => goldenParameters(golden, prefix, specs, geometry, network);
  const parameters = new Parameters(specs, recorded("param."));
  const patches = patchify(goldenPixels(golden).pixels, geometry);
  const optimizer = new AdamW(device, parameters, {
    betas: recordedNumbers(golden, "betas"),
    rule: recordedRule(golden),
  });
  const comparisons = checkGroups(golden, specs, network);
  const losses: number[] = [];
  const norms: number[] = [];
  for (const { step, ...change } of recordedSteps(golden)) {
    const prepared = await prepareStep({ parameters, patches, step });
    comparisons.push(...prepared.comparisons);
    const { loss, gradients } = lossAndGradients(parameters, prepared.loss);
    losses.push((await loss.data())[0]);
    if (step === 0) {
      const computed = new Map<string, ArrayLike<number>>();
      for (const [name, gradient] of gradients) computed.set(name, await gradient.data());
      comparisons.push(
        compareTensors("gradients", computed, recorded("grad."), tolerances.gradients),
      );
    }
    optimizer.step(gradients, change);
    norms.push((await optimizer.status()).gradientNorm);
    tf.dispose([loss, ...gradients.values(), ...prepared.tensors]);
    device.check();
  }
  const after = await parameters.read();
  patches.dispose();
  parameters.dispose();
  optimizer.dispose();
  const { forward, gradients, weights, undecided } = tolerances;
  const series = (key: string) => goldenTensor(golden, key).values;
  const quantity = "weights after the steps";
  const expected = recorded("after.");
  const entries = compareTensors(quantity, after, expected, weights);
  const reach = 2 * recordedSteps(golden).reduce((sum, { learningRate }) => sum + learningRate, 0);
  const decided = withoutUndecided(after, expected, recorded("grad."), undecided, reach);
  return [
    ...comparisons,
    compareValues("losses of the steps", losses, series("expect.losses"), forward),
    compareValues("gradient norms of the steps", norms, series("expect.grad_norms"), gradients),
    {
      ...compareTensors(quantity, decided, expected, weights, relativeNorm),
      note: `by norm; largest single entry ${entries.error.toExponential(1)}`,
    },
  ];
}
