/** The numbers that one AdamW step needs, for one tensor. */
export interface AdamWStep {
  /** Learning rate η of this tensor at this step. */
  learningRate: number;
  /** Decoupled weight decay λ of this tensor at this step; 0 for none. */
  weightDecay: number;
  /** Decay rates of the first and second moment. */
  betas: readonly [number, number];
  /** Added to the root of the second moment. */
  epsilon: number;
  /** Steps done including this one, from 1; corrects the moments' bias. */
  step: number;
  /** Factor that the gradient is multiplied with first (clipping, accumulation). */
  gradientScale: number;
}
