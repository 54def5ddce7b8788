import * as tf from "@tensorflow/tfjs-core";
import { definePlugin, type Initializer, type ParameterSpec, type Plugin } from "@videoms/core";
import type { Positions } from "./positions.ts";

/** Options of {@linkcode learned}. */
export interface LearnedPositionsOptions {
  /**
   * A row for each place of a frame and one for each tubelet, which are added (MAE-ST); false has a row for each token.
   * @default true
   */
  separate: boolean;
}

const INITIALIZER: Initializer = { kind: "truncated-normal", std: 0.02, limit: 2 };

function rowsSpec(name: string, rows: number, width: number): ParameterSpec {
  return { name, shape: [rows, width], initializer: INITIALIZER, decays: false };
}

const SEPARATE: Positions["learned"] = {
  specs: (prefix, { tubelets, perTubelet }, width) => [
    rowsSpec(`${prefix}.space`, perTubelet, width),
    rowsSpec(`${prefix}.time`, tubelets, width),
  ],
  rows(p, { tokens }) {
    const [space, time] = [p<tf.Tensor2D>("space"), p<tf.Tensor2D>("time")];
    const width = space.shape[1];
    const sum = tf.add(tf.reshape(time, [-1, 1, width]), tf.reshape(space, [1, -1, width]));
    return tf.reshape(sum, [tokens, width]);
  },
};

const JOINT: Positions["learned"] = {
  specs: (prefix, { tokens }, width) => [rowsSpec(`${prefix}.table`, tokens, width)],
  rows: (p) => p("table"),
};

/**
 * Learned positions, which start near zero and are not decayed. Weights that are loaded for clips of another size are
 * interpolated in space and time.
 *
 * @example
 * ```ts
 * import { gridOf } from "@videoms/core";
 * import { learned } from "@videoms/models";
 *
 * const specs = learned.create({ separate: true }).learned!.specs("positions", gridOf(8, 14, 14), 768);
 * console.assert(specs.map(({ shape }) => shape[0]).join() === "196,8");
 * ```
 */
export const learned: Plugin<"positions", LearnedPositionsOptions, Positions> = definePlugin<
  "positions",
  LearnedPositionsOptions,
  Positions
>({
  kind: "positions",
  name: "learned",
  summary: "learned rows that are added to embeddings",
  defaults: { separate: true },
  help: { separate: "a row per place and one per tubelet, added; false has one per token" },
  create: ({ separate }): Positions => ({
    name: "learned",
    learned: separate ? SEPARATE : JOINT,
  }),
});
