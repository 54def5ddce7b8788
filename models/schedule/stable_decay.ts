import { definePlugin, type Plugin, type Schedule } from "@videoms/core";

/** Options of {@linkcode stableDecay}. */
export interface StableDecayOptions {
  /** Share of the steps after the warm-up in which the learning rate falls. @default 0.2 */
  decay: number;
  /** How it falls: by a line, or by 1 minus a square root, which is steeper at first. @default "sqrt" */
  shape: "linear" | "sqrt";
}

/**
 * Warm-up, stable, decay: the learning rate stays until the last part of the run, so that several lengths of a run share
 * their first part (Zhai et al.: arXiv 2106.04560; Hägele et al.: arXiv 2405.18392).
 *
 * @example
 * ```ts
 * import { stableDecay } from "@videoms/models";
 *
 * const { left } = stableDecay.create({ decay: 0.5, shape: "linear" });
 * console.assert(left(0.5) === 1 && left(0.75) === 0.5 && left(1) === 0);
 * ```
 */
export const stableDecay: Plugin<"schedule", StableDecayOptions, Schedule> = definePlugin<
  "schedule",
  StableDecayOptions,
  Schedule
>({
  kind: "schedule",
  name: "stable-decay",
  summary: "the learning rate stays, and falls to optimizer.minLr in the last part of a run",
  defaults: { decay: 0.2, shape: "sqrt" },
  choices: { shape: ["linear", "sqrt"] },
  help: {
    decay: "share of the steps after the warm-up in which it falls, in (0, 1]",
    shape: "linear, or sqrt, which is steeper at first",
  },
  create({ decay, shape }): Schedule {
    if (!(decay > 0 && decay <= 1)) {
      throw new RangeError(
        `Cannot build schedule "stable-decay": decay must be in (0, 1], got ${decay}`,
      );
    }
    return {
      name: "stable-decay",
      left(done) {
        const fallen = Math.max(0, (done - (1 - decay)) / decay);
        return 1 - (shape === "linear" ? fallen : Math.sqrt(fallen));
      },
    };
  },
});
