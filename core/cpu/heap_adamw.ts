import type * as tf from "@tensorflow/tfjs-core";
import type { WasmEngine } from "./wasm_engine.ts";
import { sizeOf } from "../parameters/size_of.ts";
import type {
  AdamWChange,
  AdamWKernel,
  AdamWSubject,
  Moments,
  OptimizerStatus,
  StepFailure,
} from "../optimizer/adamw_kernel.ts";
import { clipScale, GradientSum } from "../optimizer/gradients.ts";

/**
 * AdamW of the CPU engine: parameters, gradients and moments on the wasm heap; moments of large models in
 * JavaScript arrays, so that its 4 GiB hold weights, gradients and activations.
 */
export function heapAdamW(engine: WasmEngine, subject: AdamWSubject): AdamWKernel {
  return new HeapAdamW(engine, subject);
}

class HeapAdamW implements AdamWKernel {
  readonly #engine: WasmEngine;
  readonly #subject: AdamWSubject;
  readonly #moments: ReadonlyMap<string, Moments>;
  readonly #gradients = new GradientSum();
  #gradientNorm = 0;
  #failure: StepFailure | null = null;

  constructor(engine: WasmEngine, subject: AdamWSubject) {
    this.#engine = engine;
    this.#subject = subject;
    this.#moments = new Map(subject.parameters.specs.map(({ name, shape }) => {
      return [name, engine.createMoments(sizeOf(shape))];
    }));
  }

  accumulate(gradients: ReadonlyMap<string, tf.Tensor>, parts: number): void {
    this.#gradients.add(gradients, parts);
  }

  step(change: AdamWChange): void {
    const { parameters: { specs } } = this.#subject;
    const squares = specs.map(({ name }) => this.#engine.sumOfSquares(this.#gradients.get(name)));
    const gradientNorm = Math.sqrt(squares.reduce((a, b) => a + b, 0)) / this.#gradients.parts;
    const loss = change.loss ? change.loss.dataSync()[0] : 0; // no waiting: it is on the heap
    this.#gradientNorm = gradientNorm;
    if (!Number.isFinite(gradientNorm) || !Number.isFinite(loss)) {
      this.#failure ??= { step: change.step, loss, gradientNorm };
    }
    if (!this.#failure) {
      this.#update(change, clipScale(gradientNorm, change.clipGradient) / this.#gradients.parts);
    }
    this.#gradients.clear();
  }

  #update(
    { learningRate, weightDecay, emaDecay, step }: AdamWChange,
    gradientScale: number,
  ): void {
    const { parameters, rules, betas, epsilon, ema } = this.#subject;
    for (const [name, parameter] of parameters.entries()) {
      const { rateScale, decayScale } = rules.get(name)!;
      this.#engine.adamw(parameter, this.#gradients.get(name), this.#moments.get(name)!, {
        learningRate: learningRate * rateScale,
        weightDecay: weightDecay * decayScale,
        betas,
        epsilon,
        step: step + 1,
        gradientScale,
      });
    }
    ema?.update(emaDecay);
  }

  status(): Promise<OptimizerStatus> {
    const status = { gradientNorm: this.#gradientNorm, failure: this.#failure, lossScale: null };
    this.#failure = null;
    return Promise.resolve(status);
  }

  readMoments(name: string): Promise<Moments> {
    const { first, second } = this.#moments.get(name)!;
    return Promise.resolve({ first: first.slice(), second: second.slice() });
  }

  writeMoments(name: string, { first, second }: Moments): void {
    const moments = this.#moments.get(name)!;
    moments.first.set(first);
    moments.second.set(second);
  }

  dispose(): void {
    this.#gradients.clear();
    for (const moments of this.#moments.values()) this.#engine.freeMoments(moments);
  }
}
