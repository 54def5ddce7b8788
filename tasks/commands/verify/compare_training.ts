import type { Tensor } from "@tensorflow/tfjs-core";
import type { HostTensors } from "@videoms/core";
import { compareTensors, type Comparison, relativeError } from "./comparison.ts";
import { type GoldenCase, goldenTensor } from "./golden_case.ts";
import type { Tolerances } from "./tolerances.ts";

/** Gradients of the first step against the recorded ones. */
export async function compareGradients(
  gradients: ReadonlyMap<string, Tensor>,
  recorded: (prefix: string) => HostTensors,
  tolerances: Tolerances,
): Promise<Comparison> {
  const computed = new Map<string, Float32Array>();
  for (const [name, gradient] of gradients) {
    computed.set(name, await gradient.data() as Float32Array);
  }
  return compareTensors("gradients", computed, recorded("grad."), tolerances.gradients);
}

/** Losses and gradient norms of the recorded steps. */
export function compareTraining(
  golden: GoldenCase,
  losses: readonly number[],
  norms: readonly number[],
  tolerances: Tolerances,
): Comparison[] {
  return [
    {
      quantity: "losses of the steps",
      error: relativeError(losses, goldenTensor(golden, "expect.losses").values),
      tolerance: tolerances.forward,
      unit: "relative",
    },
    {
      quantity: "gradient norms of the steps",
      error: relativeError(norms, goldenTensor(golden, "expect.grad_norms").values),
      tolerance: tolerances.gradients,
      unit: "relative",
    },
  ];
}
