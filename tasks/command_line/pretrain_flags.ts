import { BACKENDS } from "@videoms/core";
import type { Override } from "../task/apply_overrides.ts";
import type { FlagSpecs, FlagValues } from "./command.ts";
import { UsageError } from "./parse_command.ts";
import { shippedPlugins } from "./plugins.ts";

/** Names of the shipped plugins of a kind, for the help. */
function names(kind: "masking" | "frames"): string {
  return shippedPlugins().filter((plugin) => plugin.kind === kind).map(({ name }) => name).sort()
    .join(", ");
}

/** The options of `pretrain`. */
export const PRETRAIN_FLAGS = {
  annotations: {
    type: "text",
    value: "list",
    help: "train on the videos of this list, one `path label` a line",
  },
  "held-out": {
    type: "text",
    value: "list",
    help: "list of held-out videos for pictures and the report",
  },
  "data-root": {
    type: "text",
    value: "folder",
    help: "folder that relative paths in the lists start from (default: each list's own)",
  },
  masking: {
    type: "text",
    value: "name",
    help:
      `masking strategy: ${names("masking")}. Another one than the task's starts from its own ` +
      "defaults, not from the task's options; set them with --set masking.<option>=<value>",
  },
  frames: {
    type: "text",
    value: "name",
    help: `frame selector: ${names("frames")}; options as for --masking`,
  },
  epochs: { type: "whole", value: "count", help: "passes over the training list" },
  steps: { type: "whole", value: "count", help: "optimiser steps, in place of epochs" },
  batch: { type: "whole", value: "clips", help: "clips of a forward pass" },
  seed: { type: "whole", value: "number", help: "seed of every random draw" },
  backend: { type: "text", choices: BACKENDS, help: "what to compute on (default auto)" },
  out: { type: "text", value: "folder", help: "run folder (default runs/<name of the task>)" },
  plugin: {
    type: "text",
    value: "module",
    repeat: true,
    help: "module whose plugins can be named: a path, a URL or a package",
  },
  set: {
    type: "text",
    value: "field=value",
    repeat: true,
    help: "set any field of the task, such as optimizer.lr=3e-4 or masking.maskRatio=0.75",
  },
  "dry-run": { type: "boolean", help: "check everything, print what would run, and stop" },
  fresh: { type: "boolean", help: "delete an earlier run in the run folder and start anew" },
} as const satisfies FlagSpecs;

/** Fields of the task that flags set, by flag. */
const FIELDS = {
  masking: "masking",
  frames: "frames",
  epochs: "epochs",
  steps: "steps",
  batch: "batch",
  seed: "seed",
  backend: "backend",
  out: "out",
} as const;

function readAssignment(text: string): Override {
  const sign = text.indexOf("=");
  if (sign < 1) {
    throw new UsageError(`Cannot read --set: it must be <field>=<value>, got "${text}"`);
  }
  return [text.slice(0, sign).trim(), text.slice(sign + 1)];
}

/**
 * The fields of the task that the options of `pretrain` set; `--set` comes last and wins.
 *
 * @throws {UsageError} for a `--set` without a field or a value
 */
export function pretrainOverrides(flags: FlagValues<typeof PRETRAIN_FLAGS>): Override[] {
  const overrides: Override[] = [];
  if (flags.annotations !== undefined) {
    overrides.push(["data.dataset", "annotations"], ["data.dataset.train", flags.annotations]);
  }
  const heldOut = flags["held-out"];
  if (heldOut !== undefined) overrides.push(["data.dataset.heldOut", heldOut]);
  const dataRoot = flags["data-root"];
  if (dataRoot !== undefined) overrides.push(["data.dataset.dataRoot", dataRoot]);
  // A task in steps must not ignore the epochs that are asked for.
  if (flags.epochs !== undefined && flags.steps === undefined) overrides.push(["steps", "null"]);
  for (const [flag, field] of Object.entries(FIELDS)) {
    const value = flags[flag as keyof typeof FIELDS];
    if (value !== undefined) overrides.push([field, String(value)]);
  }
  return [...overrides, ...flags.set.map(readAssignment)];
}
