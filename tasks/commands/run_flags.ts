import { BACKENDS, type PluginKind, PRECISIONS } from "@videoms/core";
import type { Override } from "../definition/apply_overrides.ts";
import { fieldHelp } from "../definition/field_help.ts";
import { shippedPlugins } from "../definition/plugins.ts";
import type { TaskKind } from "../definition/task_kinds.ts";
import type { RunStartOptions } from "../runs/training/open_run.ts";
import { TUNE_CHOICES } from "../runs/training/run_tuning.ts";
import type { FlagSpecs, FlagValues } from "./line/command.ts";
import { UsageError } from "./line/parse_command.ts";

/** The help of a flag that sets a field. */
function helpOf(field: string, kind: TaskKind = "pretrain"): string {
  const help = fieldHelp(kind, field);
  return help[0].toLowerCase() + help.slice(1);
}

/** A flag that names a plugin, with the names of the shipped ones. */
function pluginFlag(
  field: PluginKind,
  kind: TaskKind = "pretrain",
  options = "; options as for --frames",
): { readonly type: "text"; readonly value: string; readonly sets: string; readonly help: string } {
  const names = shippedPlugins().filter((plugin) => plugin.kind === field).map(({ name }) => name);
  const help = `${helpOf(field, kind)}: ${names.sort().join(", ")}${options}`;
  return { type: "text", value: "name", sets: field, help };
}

/** The option of every command that computes. */
export const BACKEND_FLAG = {
  backend: {
    type: "text",
    choices: BACKENDS,
    sets: "backend",
    help: `${helpOf("backend")} (default auto)`,
  },
} as const satisfies FlagSpecs;

/** The option of every command that computes in one precision. */
export const PRECISION_FLAG = {
  precision: {
    type: "text",
    choices: PRECISIONS,
    sets: "precision",
    help: `${helpOf("precision")} and takes less memory (default f32)`,
  },
} as const satisfies FlagSpecs;

/** The options of every command that computes with what a run has trained. */
export const DEVICE_FLAGS = {
  backend: { ...BACKEND_FLAG.backend, help: `${helpOf("backend")} (default: as the run's task)` },
  precision: {
    ...PRECISION_FLAG.precision,
    help: `${helpOf("precision")} and takes less memory (default: as the run's task)`,
  },
} as const satisfies FlagSpecs;

/** The option of every command that loads plugins. */
export const PLUGIN_FLAG = {
  plugin: {
    type: "module",
    value: "module",
    repeat: true,
    help: "module whose plugins are known too: a path, a URL or a package",
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
    sets: "data.dataset.train",
    help:
      "train on the videos of this list, one `path label` a line, in place of the task's data set",
  },
  "held-out": {
    type: "path",
    value: "list",
    sets: "data.dataset.heldOut",
    help: "list of held-out videos, to watch the training by",
  },
  test: {
    type: "path",
    value: "list",
    sets: "data.dataset.test",
    help: "list of test videos, for final figures (default: the held-out ones)",
  },
  "data-root": {
    type: "path",
    value: "folder",
    sets: "data.dataset.dataRoot",
    help: "folder that relative paths in the lists start from (default: each list's own)",
  },
  exclude: {
    type: "path",
    value: "file",
    sets: "data.dataset.exclude",
    help: "videos to leave out of the lists, a path a line, as `data verify --bad` writes them",
  },
  frames: pluginFlag(
    "frames",
    "pretrain",
    ". Another one than the task's starts from its own defaults, not from the task's options; set them " +
      "with --set frames.<option>=<value>",
  ),
  epochs: { type: "whole", value: "count", sets: "epochs", help: helpOf("epochs") },
  steps: {
    type: "whole",
    value: "count",
    sets: "steps",
    help: "optimiser steps, in place of epochs",
  },
  batch: { type: "whole", value: "clips", sets: "batch", help: helpOf("batch") },
  seed: { type: "whole", value: "number", sets: "seed", help: helpOf("seed") },
  ...BACKEND_FLAG,
  ...PRECISION_FLAG,
  tune: {
    type: "text",
    choices: TUNE_CHOICES,
    help:
      "measure once which way of multiplying matrices is fastest on this GPU (default auto: on a " +
      "real GPU)",
  },
  out: {
    type: "path",
    value: "folder",
    sets: "out",
    help: "run folder (default runs/<name of the task>)",
  },
  ...PLUGIN_FLAG,
  set: {
    type: "text",
    value: "field=value",
    repeat: true,
    help: "set any field of the task, such as optimizer.lr=3e-4 or frames.exactStride=false; " +
      "`fields` lists them, `plugins` the options of plugins",
  },
  "skip-non-finite": {
    type: "whole",
    value: "steps",
    sets: "skipNonFinite",
    help: `${helpOf("skipNonFinite")} with exit code 3 (default 0); each step then waits for the ` +
      "device",
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
    sets: "start.from",
    help:
      "weights to start from: a run folder, a checkpoint (.safetensors, or .pth of PyTorch) or a folder " +
      "of Hugging Face, `file.pth#model_ema` for one of the weights in a file; `none` initialises them",
  },
} as const satisfies FlagSpecs;

export const PRETRAIN_FLAGS = {
  ...RUN_FLAGS,
  ...START_FLAGS,
  masking: pluginFlag("masking"),
  objective: pluginFlag("objective"),
} as const satisfies FlagSpecs;

export const FINETUNE_FLAGS = {
  ...RUN_FLAGS,
  ...START_FLAGS,
  tokens: pluginFlag("tokens", "finetune"),
  augmentation: pluginFlag("augmentation", "finetune"),
  "compare-cost": {
    type: "boolean",
    help: "measure, at the end, the time of a clip with the chosen tokens and with all of them",
  },
  resume: {
    type: "text",
    choices: ["last", "best"],
    help: "checkpoint that an earlier run is taken up from (default last)",
  },
} as const satisfies FlagSpecs;

export const PROBE_FLAGS = {
  ...RUN_FLAGS,
  tokens: pluginFlag("tokens", "probe"),
  encoder: {
    type: "weights",
    value: "run or file",
    sets: "encoder.from",
    help: helpOf("encoder.from", "probe"),
  },
} as const satisfies FlagSpecs;

const TASK_FLAGS: FlagSpecs = { ...PRETRAIN_FLAGS, ...FINETUNE_FLAGS, ...PROBE_FLAGS };

/** Values of the options that set fields; a command has some of them. */
export type TaskFlags =
  & Pick<FlagValues<typeof RUN_FLAGS>, "set" | "plugin">
  & Partial<FlagValues<typeof RUN_FLAGS & typeof PRETRAIN_FLAGS>>
  & Partial<FlagValues<typeof FINETUNE_FLAGS & typeof PROBE_FLAGS>>;

/** What options say of how a run is started. */
export function startOptions(
  flags: Pick<FlagValues<typeof RUN_FLAGS>, "fresh" | "extend" | "changed-data" | "tune">,
): RunStartOptions {
  const { fresh, extend, tune, "changed-data": changedData } = flags;
  return { fresh, extend, changedData, tune };
}

/**
 * What `--set` gave.
 *
 * @throws {UsageError} for one without a field or a value
 */
export function readAssignment(text: string): Override {
  const sign = text.indexOf("=");
  if (sign < 1) {
    throw new UsageError(`Cannot read --set: it must be <field>=<value>, got "${text}"`);
  }
  return [text.slice(0, sign).trim(), text.slice(sign + 1)];
}

/**
 * The fields of the task that options set; `--set` comes last and wins.
 *
 * @throws {UsageError} for a `--set` without a field or a value
 */
export function flagOverrides(flags: TaskFlags): Override[] {
  const overrides: Override[] = [];
  if (flags.annotations !== undefined) {
    // The task's other lists belong to other videos; its classes still hold.
    overrides.push(
      ["data.dataset", "annotations"],
      ["data.dataset.heldOut", ""],
      ["data.dataset.test", ""],
    );
  }
  // A task in steps must not ignore the epochs that are asked for.
  if (flags.epochs !== undefined && flags.steps === undefined) overrides.push(["steps", "null"]);
  for (const [flag, { sets }] of Object.entries(TASK_FLAGS)) {
    const value = flags[flag as keyof TaskFlags];
    if (sets === undefined || value === undefined) continue;
    overrides.push([sets, flag === "from" && value === "none" ? "null" : String(value)]);
  }
  return [...overrides, ...flags.set.map(readAssignment)];
}
