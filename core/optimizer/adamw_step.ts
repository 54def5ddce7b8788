/** Options of an AdamW step of one tensor. */
export interface AdamWStep {
  /** Learning rate η of this tensor. */
  learningRate: number;
  /** Decoupled weight decay λ of this tensor; 0 for none. */
  weightDecay: number;
  /** Decay rates of the first and second moment. */
  betas: readonly [number, number];
  /** Epsilon, added to the root of the second moment. */
  epsilon: number;
  /** Number of this step, from 1, for bias correction. */
  step: number;
  /** Factor of the gradient (clipping, accumulation). */
  gradientScale: number;
}
