import * as tf from "@tensorflow/tfjs-core";
import { sizeOf } from "../parameters/size_of.ts";
import { tidy } from "../ops/tidy.ts";
import type {
  AdamWChange,
  AdamWKernel,
  AdamWSubject,
  Moments,
  OptimizerStatus,
} from "./adamw_kernel.ts";
import { GradientSum } from "./gradients.ts";
import { ADAMW, type UpdateRule } from "./update_rule.ts";

/**
 * An optimiser in stock tfjs operations for every backend; AdamW's is slow, the reference for the others.
 *
 * @param rule what a step makes of a tensor
 */
export function tensorOptimizer(subject: AdamWSubject, rule: UpdateRule): AdamWKernel {
  return new TensorOptimizer(subject, rule);
}

/** AdamW of {@linkcode tensorOptimizer}. */
export function tensorAdamW(subject: AdamWSubject): AdamWKernel {
  return new TensorOptimizer(subject, ADAMW);
}

/** The moments of one tensor, flat. */
interface TensorMoments {
  first: tf.Variable;
  second: tf.Variable | null;
}

function zeros(size: number): tf.Variable {
  return tidy(() => tf.variable(tf.zeros([size])));
}

class TensorOptimizer implements AdamWKernel {
  readonly #subject: AdamWSubject;
  readonly #rule: UpdateRule;
  readonly #moments: ReadonlyMap<string, TensorMoments>;
  readonly #gradients = new GradientSum();
  /** [norm of the last step, whether a step failed, its number, its loss, its norm]. */
  readonly #status: tf.Variable = zeros(5);

  constructor(subject: AdamWSubject, rule: UpdateRule) {
    this.#subject = subject;
    this.#rule = rule;
    this.#moments = new Map(
      subject.parameters.specs.map(({ name, shape }) => {
        const size = sizeOf(shape);
        return [name, { first: zeros(size), second: rule.moments === 2 ? zeros(size) : null }];
      }),
    );
  }

  accumulate(gradients: ReadonlyMap<string, tf.Tensor>, parts: number): void {
    this.#gradients.add(gradients, parts);
  }

  step(change: AdamWChange): void {
    tidy(() => {
      const norm = this.#norm();
      const mayMove = this.#judge(norm, change);
      const { clipGradient } = change;
      const clip = clipGradient === null
        ? 1
        : tf.minimum(1, tf.div(clipGradient, tf.add(norm, 1e-6)));
      const scale = tf.div(clip, this.#gradients.parts);
      // Multiplying by zero would keep non-finite values, so old values are selected instead.
      const move = (variable: tf.Variable, next: tf.Tensor) =>
        variable.assign(tf.where(mayMove, next, variable));
      for (const [name, parameter] of this.#subject.parameters.entries()) {
        this.#update(name, parameter, tf.mul(this.#gradients.get(name), scale), change, move);
      }
    });
    this.#gradients.clear();
  }

  #norm(): tf.Scalar {
    const squares = this.#subject.parameters.specs.map(({ name }) =>
      tf.sum(tf.square(this.#gradients.get(name)))
    );
    // Not addN(): on WebGPU it binds all inputs at once, which may exceed the device's limit.
    return tf.div(tf.sqrt(tf.sum(tf.stack(squares))), this.#gradients.parts);
  }

  /** Whether the step may change anything; records the first one that may not. */
  #judge(norm: tf.Scalar, { loss, step }: AdamWChange): tf.Tensor {
    const failed = tf.greater(tf.slice(this.#status, 1, 1), 0);
    const finite = tf.logicalAnd(tf.isFinite(norm), tf.isFinite(loss ?? tf.scalar(0)));
    const before = tf.slice(this.#status, 1, 4);
    const now = tf.stack([tf.scalar(1), tf.scalar(step), loss ?? tf.scalar(0), norm]);
    const failure = tf.where(tf.logicalOr(failed, finite), before, now);
    this.#status.assign(tf.concat([tf.reshape(norm, [1]), failure]));
    return tf.reshape(tf.logicalAnd(finite, tf.logicalNot(failed)), []);
  }

  #update(
    name: string,
    parameter: tf.Variable,
    gradient: tf.Tensor,
    { learningRate, weightDecay, emaDecay, step }: AdamWChange,
    move: (variable: tf.Variable, next: tf.Tensor) => void,
  ): void {
    const { rules, betas, epsilon, ema } = this.#subject;
    const { rateScale, decayScale } = rules.get(name)!;
    const { first, second } = this.#moments.get(name)!;
    tidy(() => {
      const flat = (one: tf.Tensor) => tf.reshape(one, [-1]);
      const next = this.#rule.update(
        { parameter: flat(parameter), gradient: flat(gradient), first, second },
        {
          learningRate: learningRate * rateScale,
          weightDecay: weightDecay * decayScale,
          betas,
          epsilon,
          step: step + 1,
        },
      );
      move(first, next.first);
      if (second) move(second, next.second!);
      move(parameter, tf.reshape(next.parameter, parameter.shape));
      if (ema) move(ema.parameters.get(name), ema.moved(name, emaDecay));
    });
  }

  async status(): Promise<OptimizerStatus> {
    const [gradientNorm, failed, step, loss, norm] = await this.#status.data();
    if (failed === 0) return { gradientNorm, failure: null, lossScale: null };
    tidy(() => this.#status.assign(tf.zeros([5])));
    return { gradientNorm, failure: { step, loss, gradientNorm: norm }, lossScale: null };
  }

  async readMoments(name: string): Promise<Moments> {
    const { first, second } = this.#moments.get(name)!;
    return {
      first: (await first.data() as Float32Array).slice(),
      second: second ? (await second.data() as Float32Array).slice() : new Float32Array(first.size),
    };
  }

  writeMoments(name: string, { first, second }: Moments): void {
    const moments = this.#moments.get(name)!;
    tidy(() => {
      moments.first.assign(tf.tensor1d(first));
      moments.second?.assign(tf.tensor1d(second));
    });
  }

  dispose(): void {
    this.#gradients.clear();
    this.#status.dispose();
    for (const { first, second } of this.#moments.values()) {
      tf.dispose(second ? [first, second] : first);
    }
  }
}
