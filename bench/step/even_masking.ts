import * as tf from "@tensorflow/tfjs-core";
import { partitionTokens, tidy } from "@videoms/core";
import { type MaskingStrategy, motionCentric, tokenImportance, tube } from "@videoms/masking";
import { evenRoles } from "./formula.ts";

/** Strategies that can be compared with other implementations. */
export const EVEN_STRATEGIES = ["motion-centric", "tube"] as const;

/** One of {@linkcode EVEN_STRATEGIES}. */
export type EvenStrategy = typeof EVEN_STRATEGIES[number];

/**
 * A shipped strategy with its default ratios whose chance is taken out: {@linkcode evenRoles} decide which
 * informative token, along the clip, or which place of a tubelet is visible. Counts and work are those of
 * the real one.
 */
export function evenMasking(name: EvenStrategy): MaskingStrategy {
  if (name === "tube") return evenTube();
  const real = motionCentric.create(motionCentric.defaults);
  return {
    ...real,
    // deno-lint-ignore require-await -- the contract is asynchronous
    async select({ grid, batch, embeddings }) {
      const { visible, target } = real.counts(grid);
      const importance = tokenImportance(embeddings!, grid);
      // Not by rank: two tokens of nearly the same importance may change ranks by rounding.
      const all = Array.from({ length: batch }, () => new Int32Array(visible + target));
      const { zeros: chosen, ones: none } = partitionTokens(importance, true, all);
      const roles = evenRoles(visible, visible + target);
      const places = (role: number) =>
        tf.tensor1d(Array.from(roles.keys()).filter((i) => roles[i] === role), "int32");
      return tidy(() => {
        const [visible, target] = [0, 1].map((role) => tf.gather(chosen, places(role), 1));
        tf.dispose([chosen, none]);
        return { visible, target, importance };
      });
    },
  };
}

function evenTube(): MaskingStrategy {
  const real = tube.create(tube.defaults);
  return {
    ...real,
    // deno-lint-ignore require-await -- the contract is asynchronous
    async select({ grid, batch }) {
      const { visible } = real.counts(grid);
      const roles = evenRoles(visible / grid.tubelets, grid.perTubelet);
      const rows = (role: number) => {
        const row = Array.from({ length: grid.tokens }, (_, n) => n)
          .filter((n) => roles[n % grid.perTubelet] === role);
        return tf.tensor2d(Array.from({ length: batch }, () => row), undefined, "int32");
      };
      return { visible: rows(0), target: rows(1) };
    },
  };
}
