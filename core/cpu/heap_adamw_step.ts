import type * as tf from "@tensorflow/tfjs-core";
import type { Moments } from "../optimizer/adamw_kernel.ts";
import type { AdamWStep } from "../optimizer/adamw_step.ts";
import type { EngineContext } from "./engine_context.ts";
import type { AdamWScalars } from "./jobs/optimizer_jobs.ts";
import type { MomentStore } from "./moment_store.ts";

/** Number of values whose moments are copied to the heap at a time: both fit twice into a 512 KiB cache. */
const CHUNK = 32768;

/** Time per value on one thread in ns. */
const VALUE_WORK = 1;

/** One AdamW step of a variable on the heap, in place. */
export type HeapAdamWStep = (
  parameter: tf.Variable,
  gradient: tf.Tensor,
  moments: Moments,
  step: AdamWStep,
) => void;

/**
 * AdamW with moments in a {@linkcode MomentStore} or in JavaScript arrays, which are copied to the heap chunk
 * by chunk.
 */
export function heapAdamWStep({ heap, pool }: EngineContext, store: MomentStore): HeapAdamWStep {
  const first = heap.allocate(4 * CHUNK);
  const second = heap.allocate(4 * CHUNK);

  function visit(p: number, g: number, moments: Moments, size: number, scalars: AdamWScalars) {
    const [firstView, secondView] = [heap.view(first, CHUNK), heap.view(second, CHUNK)];
    for (let start = 0; start < size; start += CHUNK) {
      const count = Math.min(CHUNK, size - start);
      const [m, v] = [moments.first, moments.second].map((all) =>
        all.subarray(start, start + count)
      );
      firstView.set(m);
      secondView.set(v);
      const chunk = [p + 4 * start, g + 4 * start, first, second, count] as const;
      pool.run("adamw", VALUE_WORK * count, ...chunk, ...scalars);
      m.set(firstView.subarray(0, count));
      v.set(secondView.subarray(0, count));
    }
  }

  return (parameter, gradient, moments, change) => {
    const { size } = parameter;
    checkSizes(size, gradient.size, moments);
    makeSole(heap, parameter);
    const [p, g] = [heap.address(parameter), heap.address(gradient)];
    const scalars = scalarsOf(change);
    const [m, v] = [moments.first, moments.second].map((values) => store.addressOf(values));
    if (m !== undefined && v !== undefined) {
      pool.run("adamw", VALUE_WORK * size, p, g, m, v, size, ...scalars);
    } else {
      visit(p, g, moments, size, scalars);
    }
  };
}

function scalarsOf(
  { learningRate, weightDecay, betas: [beta1, beta2], epsilon, step, gradientScale }: AdamWStep,
): AdamWScalars {
  const keep = 1 - learningRate * weightDecay;
  const rate = learningRate / (1 - beta1 ** step);
  const correction = 1 / (1 - beta2 ** step);
  const decays = [beta1, beta2, 1 - beta1, 1 - beta2] as const;
  return [...decays, keep, rate, correction, epsilon, gradientScale];
}

/** Unshares the variable's values, so that copies do not change with it. */
function makeSole(heap: EngineContext["heap"], parameter: tf.Variable): void {
  if (heap.sharers(parameter) === 1) return;
  const own = heap.tensor(parameter.shape);
  heap.view(heap.address(own), own.size).set(
    heap.view(heap.address(parameter), parameter.size),
  );
  parameter.assign(own);
  own.dispose();
}

function checkSizes(size: number, gradient: number, { first, second }: Moments): void {
  if (gradient !== size || first.length !== size || second.length !== size) {
    throw new RangeError(
      `Cannot train: gradient and moments must have its ${size} values, ` +
        `got ${gradient}, ${first.length} and ${second.length}`,
    );
  }
}
