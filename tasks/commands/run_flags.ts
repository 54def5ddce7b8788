import { BACKENDS, type PluginKind, PRECISIONS } from "@videoms/core";
import type { Override } from "../definition/apply_overrides.ts";
import type { RunStartOptions } from "../runs/training/open_run.ts";
import { TUNE_CHOICES, type TuneChoice } from "../runs/training/run_tuning.ts";
import type { FlagSpecs, FlagValues } from "./line/command.ts";
import { UsageError } from "./line/parse_command.ts";
import { shippedPlugins } from "../definition/plugins.ts";

/** Names of the shipped plugins of a kind, for the help. */
function names(kind: PluginKind): string {
  return shippedPlugins().filter((plugin) => plugin.kind === kind).map(({ name }) => name).sort()
    .join(", ");
}

/** The option of every command that computes in one precision. */
export const PRECISION_FLAG = {
  precision: {
    type: "text",
    choices: PRECISIONS,
    help:
      "what values within transformer blocks are stored in (default f32); f16 takes less memory, on a GPU",
  },
} as const satisfies FlagSpecs;

/** The option of every command that goes on with earlier trainings. */
export const CHANGED_DATA_FLAG = {
  "changed-data": {
    type: "boolean",
    help:
      "go on although videos, labels or lists are others than those that the run was begun with",
  },
} as const satisfies FlagSpecs;

/** The options of every command that trains. */
export const RUN_FLAGS = {
  annotations: {
    type: "path",
    value: "list",
    help:
      "train on the videos of this list, one `path label` a line, in place of the task's data set",
  },
  "held-out": {
    type: "path",
    value: "list",
    help: "list of held-out videos, to watch the training by",
  },
  test: {
    type: "path",
    value: "list",
    help: "list of test videos, for final figures (default: the held-out ones)",
  },
  "data-root": {
    type: "path",
    value: "folder",
    help: "folder that relative paths in the lists start from (default: each list's own)",
  },
  exclude: {
    type: "path",
    value: "file",
    help: "videos to leave out of the lists, a path a line, as `data verify --bad` writes them",
  },
  frames: {
    type: "text",
    value: "name",
    help: `frame selector: ${names("frames")}. Another one than the task's starts from its own ` +
      "defaults, not from the task's options; set them with --set frames.<option>=<value>",
  },
  epochs: { type: "whole", value: "count", help: "passes over the training list" },
  steps: { type: "whole", value: "count", help: "optimiser steps, in place of epochs" },
  batch: { type: "whole", value: "clips", help: "clips of a forward pass" },
  seed: { type: "whole", value: "number", help: "seed of every random draw" },
  backend: { type: "text", choices: BACKENDS, help: "what to compute on (default auto)" },
  ...PRECISION_FLAG,
  tune: {
    type: "text",
    choices: TUNE_CHOICES,
    help:
      "measure once which way of multiplying matrices is fastest on this GPU (default auto: on a " +
      "real GPU)",
  },
  out: { type: "path", value: "folder", help: "run folder (default runs/<name of the task>)" },
  plugin: {
    type: "module",
    value: "module",
    repeat: true,
    help: "module whose plugins can be named: a path, a URL or a package",
  },
  set: {
    type: "text",
    value: "field=value",
    repeat: true,
    help: "set any field of the task, such as optimizer.lr=3e-4 or frames.exactStride=false",
  },
  "skip-non-finite": {
    type: "whole",
    value: "steps",
    help:
      "steps whose loss or gradient is not finite that are left out before the run stops with exit " +
      "code 3 (default 0); each step then waits for the device",
  },
  "dry-run": { type: "boolean", help: "check everything, print what would run, and stop" },
  fresh: { type: "boolean", help: "delete an earlier run in the run folder and start anew" },
  extend: {
    type: "boolean",
    help:
      "train a run for longer than it was begun with (more --epochs or --steps); its learning rate then " +
      "follows the schedule of the new length",
  },
  ...CHANGED_DATA_FLAG,
} as const satisfies FlagSpecs;

const START_FLAGS = {
  from: {
    type: "weights",
    value: "path",
    help:
      "weights to start from: a run folder, a checkpoint (.safetensors, or .pth of PyTorch) or a folder " +
      "of Hugging Face, `file.pth#model_ema` for one of the weights in a file; `none` initialises them",
  },
} as const satisfies FlagSpecs;

/** The options of `pretrain`. */
export const PRETRAIN_FLAGS = {
  ...RUN_FLAGS,
  ...START_FLAGS,
  masking: {
    type: "text",
    value: "name",
    help: `masking strategy: ${names("masking")}; options as for --frames`,
  },
  objective: {
    type: "text",
    value: "name",
    help: `what is predicted: ${names("objective")}; options as for --frames`,
  },
} as const satisfies FlagSpecs;

/** The options of `finetune`. */
export const FINETUNE_FLAGS = {
  ...RUN_FLAGS,
  ...START_FLAGS,
  tokens: {
    type: "text",
    value: "name",
    help: `tokens that are looked at: ${names("tokens")}; options as for --frames`,
  },
  augmentation: {
    type: "text",
    value: "name",
    help: `augmentation of training clips: ${names("augmentation")}; options as for --frames`,
  },
  resume: {
    type: "text",
    choices: ["last", "best"],
    help: "checkpoint that an earlier run is taken up from (default last)",
  },
} as const satisfies FlagSpecs;

/** Fields of a task that flags set, by flag. */
const FIELDS = {
  masking: "masking",
  objective: "objective",
  frames: "frames",
  tokens: "tokens",
  augmentation: "augmentation",
  epochs: "epochs",
  steps: "steps",
  batch: "batch",
  seed: "seed",
  "skip-non-finite": "skipNonFinite",
  backend: "backend",
  precision: "precision",
  out: "out",
} as const;

/** What options say of how a run is started. */
export function startOptions(
  flags: Pick<FlagValues<typeof RUN_FLAGS>, "fresh" | "extend" | "changed-data" | "tune">,
): RunStartOptions {
  return {
    fresh: flags.fresh,
    extend: flags.extend,
    changedData: flags["changed-data"],
    tune: flags.tune as TuneChoice | undefined, // the command line has checked that it is one
  };
}

function readAssignment(text: string): Override {
  const sign = text.indexOf("=");
  if (sign < 1) {
    throw new UsageError(`Cannot read --set: it must be <field>=<value>, got "${text}"`);
  }
  return [text.slice(0, sign).trim(), text.slice(sign + 1)];
}

/** Values of the options that set fields; a command has some of them. */
type FieldFlags =
  & Pick<FlagValues<typeof RUN_FLAGS>, "set" | "plugin">
  & Partial<FlagValues<typeof RUN_FLAGS>>
  & Partial<FlagValues<typeof PRETRAIN_FLAGS> & FlagValues<typeof FINETUNE_FLAGS>>;

/**
 * The fields of the task that options set; `--set` comes last and wins.
 *
 * @throws {UsageError} for a `--set` without a field or a value
 */
export function flagOverrides(flags: FieldFlags): Override[] {
  const overrides: Override[] = [];
  if (flags.annotations !== undefined) {
    // The task's other lists belong to other videos; its classes still hold.
    overrides.push(
      ["data.dataset", "annotations"],
      ["data.dataset.train", flags.annotations],
      ["data.dataset.heldOut", ""],
      ["data.dataset.test", ""],
    );
  }
  const lists = {
    heldOut: flags["held-out"],
    test: flags.test,
    dataRoot: flags["data-root"],
    exclude: flags.exclude,
  };
  for (const [option, value] of Object.entries(lists)) {
    if (value !== undefined) overrides.push([`data.dataset.${option}`, value]);
  }
  // A task in steps must not ignore the epochs that are asked for.
  if (flags.epochs !== undefined && flags.steps === undefined) overrides.push(["steps", "null"]);
  if (flags.from !== undefined) {
    overrides.push(["start.from", flags.from === "none" ? "null" : flags.from]);
  }
  for (const [flag, field] of Object.entries(FIELDS)) {
    const value = flags[flag as keyof typeof FIELDS];
    if (value !== undefined) overrides.push([field, String(value)]);
  }
  return [...overrides, ...flags.set.map(readAssignment)];
}
