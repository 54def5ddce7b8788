import { BACKENDS } from "@videoms/core";
import { MODEL_SIZES, type ModelSizeName } from "@videoms/models";
import type { FlagSpecs, FlagValues } from "../../tasks/command_line/command.ts";
import { UsageError } from "../../tasks/command_line/parse_command.ts";
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
  "image-size": { type: "whole", value: "pixels", help: "side of a frame (default 224)" },
  recompute: { type: "boolean", help: "keep only each block's input for the backward pass" },
  backend: { type: "text", choices: BACKENDS, help: "what to compute on (default auto)" },
  steps: { type: "whole", value: "count", help: "timed steps (default 5)" },
  warmup: { type: "whole", value: "count", help: "steps before them (default 1)" },
  json: { type: "text", value: "file", help: "write figures and machine as JSON" },
} as const satisfies FlagSpecs;

/** What the flags ask for. */
export function stepSetting(flags: FlagValues<typeof STEP_FLAGS>): StepSetting {
  const { size = "small", batch = 4, frames = 16, recompute = false } = flags;
  return {
    size: size as ModelSizeName,
    batch,
    frames,
    imageSize: flags["image-size"] ?? 224,
    recompute,
  };
}

/**
 * The names that a comma-separated flag lists.
 *
 * @throws {UsageError} for one that is not among the choices
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
      `Cannot run a benchmark: --${flag} must be of ${choices.join(", ")}, got ${wrong}`,
    );
  }
  return names as Name[];
}
