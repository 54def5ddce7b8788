import { BACKENDS, type DeviceOptions, nearest } from "@videoms/core";
import { MODEL_SIZES, type ModelSizeName } from "@videoms/models";
import { type FlagSpecs, type FlagValues, UsageError } from "@videoms/data/console";
import { COMPUTE_FLAGS } from "../../tasks/commands/run_flags.ts";
import type { StepSetting } from "./bench_step.ts";

/** Flags that say what a step works on. */
export const STEP_FLAGS = {
  size: {
    type: "text",
    choices: Object.keys(MODEL_SIZES),
    help: "network (default small)",
  },
  batch: { type: "whole", value: "clips", help: "clips of a step (default 4)" },
  frames: { type: "whole", value: "count", help: "frames of a clip (default 16)" },
  imageSize: { type: "whole", value: "pixels", help: "side of a frame (default 224)" },
  recompute: { type: "boolean", help: "keep only each block's input for the backward pass" },
  backend: { type: "text", choices: BACKENDS, help: "what to compute on (default auto)" },
  gpu: COMPUTE_FLAGS.gpu,
  adapter: COMPUTE_FLAGS.adapter,
  blas: { type: "text", choices: ["auto", "none"], help: "BLAS of the CPU engine (default auto)" },
  steps: { type: "whole", value: "count", help: "timed steps (default 5)" },
  warmup: { type: "whole", value: "count", help: "steps before them (default 1)" },
  json: { type: "path", value: "file", help: "write figures and machine as JSON" },
} as const satisfies FlagSpecs;

/** Values of the flags here; a command need not have all of them. */
type StepFlagValues = Partial<
  FlagValues<typeof STEP_FLAGS> & Pick<FlagValues<typeof COMPUTE_FLAGS>, "precision">
>;

/** What the flags ask for. */
export function stepSetting(flags: StepFlagValues): StepSetting {
  const { size = "small", batch = 4, frames = 16, recompute = false } = flags;
  atLeast("batch", 1, batch);
  return {
    size: size as ModelSizeName,
    batch,
    frames,
    imageSize: flags.imageSize ?? 224,
    recompute,
  };
}

/** The device that the flags ask for. */
export function deviceOptions(
  { backend, gpu, adapter, blas, precision }: StepFlagValues,
): DeviceOptions {
  return { backend, gpu, adapter, blas, precision };
}

/** How many steps are timed, and how many come before them. */
export function stepCounts(flags: StepFlagValues): { count: number; warmup: number } {
  const { steps: count = 5, warmup = 1 } = flags;
  atLeast("steps", 1, count);
  atLeast("warmup", 0, warmup);
  return { count, warmup };
}

function atLeast(flag: string, least: number, value: number): void {
  if (value >= least) return;
  throw new UsageError(
    `Cannot run a benchmark: --${flag} must be at least ${least}, got ${value}`,
  );
}

/**
 * The names that a comma-separated flag lists.
 *
 * @throws {UsageError} for one that is not among the choices; the message names the nearest
 */
export function listOf<Name extends string>(
  flag: string,
  text: string,
  choices: readonly Name[],
): Name[] {
  const names = text.split(",").map((name) => name.trim());
  const wrong = names.find((name) => !choices.includes(name as Name));
  if (wrong !== undefined) {
    throw new UsageError(
      `Cannot run a benchmark: --${flag} names no "${wrong}"; ${nearest(wrong, choices)}`,
    );
  }
  return names as Name[];
}
