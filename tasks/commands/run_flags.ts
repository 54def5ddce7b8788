import { BACKENDS, GPUS, type PluginKind, PRECISIONS } from "@videoms/core";
import { parseShard, type Shard } from "@videoms/data";
import type { Override } from "../definition/apply_overrides.ts";
import { fieldHelp } from "../definition/field_help.ts";
import { shippedPlugins } from "../definition/plugins.ts";
import type { TaskKind } from "../definition/task_kinds.ts";
import { TUNE_CHOICES } from "../runs/training/run_tuning.ts";
import {
  type FlagSpec,
  type FlagSpecs,
  type FlagType,
  type FlagValues,
  UsageError,
} from "@videoms/data/console";

function helpOf(field: string, kind: TaskKind = "pretrain"): string {
  const help = fieldHelp(kind, field);
  return help[0].toLowerCase() + help.slice(1);
}

/** A flag that sets a field to a whole number. */
function wholeFlag(sets: string, value: string, help: string = helpOf(sets)) {
  return { type: "whole", value, sets, help } as const;
}

/** A flag that names a plugin, with the names of the shipped ones. */
function pluginFlag(
  sets: PluginKind,
  kind: TaskKind = "pretrain",
  options = "; options as for --frames",
): { readonly type: "text" } & FlagSpec {
  const names = shippedPlugins().filter((plugin) => plugin.kind === sets).map(({ name }) => name);
  const help = `${helpOf(sets, kind)}: ${names.sort().join(", ")}${options}`;
  return { type: "text", value: "name", sets, help };
}

/** A flag that names a file of the data set of lists. */
function listFlag<Type extends FlagType>(option: string, type: Type, help: string) {
  return { type, sets: `data.dataset.${option}`, help } as const;
}

/** What to compute on and in which precision, with what a command does otherwise. */
function deviceFlags(backend: string, precision: string, gpu: string) {
  return {
    backend: {
      type: "text",
      choices: BACKENDS,
      sets: "backend",
      help: `${helpOf("backend")} (${backend})`,
    },
    gpu: {
      type: "text",
      choices: GPUS,
      sets: "gpu",
      help: `${helpOf("gpu")}; \`deno task dawn\` installs it (${gpu})`,
    },
    adapter: { type: "text", value: "GPU", sets: "adapter", help: helpOf("adapter") },
    precision: {
      type: "text",
      choices: PRECISIONS,
      sets: "precision",
      help: `${helpOf("precision")} and takes less memory (${precision})`,
    },
  } as const satisfies FlagSpecs;
}

/** The options of every command that computes. */
export const COMPUTE_FLAGS = deviceFlags("default auto", "default f32", "default deno");

/** The options of every command that computes with what a run has trained. */
export const DEVICE_FLAGS = deviceFlags(
  "default: the task's",
  "default: the task's",
  "default: the task's",
);

/** The part of the work that a text such as `2/4` names; a UsageError for another text. */
export function shardOf(text: string | undefined): Shard | undefined {
  if (text === undefined) return undefined;
  try {
    return parseShard(text);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

export const PLUGIN_FLAG = {
  plugin: {
    type: "module",
    value: "module",
    repeat: true,
    help: "module with plugins: a path, a URL or a package",
  },
} as const satisfies FlagSpecs;

/** The option of every command that resumes earlier trainings. */
export const CHANGED_DATA_FLAG = {
  changedData: { type: "boolean", help: "resume although videos, labels or lists have changed" },
} as const satisfies FlagSpecs;

export const RUN_FLAGS = {
  annotations: listFlag(
    "train",
    "list",
    "train on the videos of this list, one `path label` a line, in place of the task's data set",
  ),
  heldOut: listFlag("heldOut", "list", "list of held-out videos, for validation"),
  test: listFlag("test", "list", "list of test videos (default: the held-out ones)"),
  dataRoot: listFlag(
    "dataRoot",
    "folder",
    "base of relative paths in the lists (default: each list's own folder)",
  ),
  exclude: listFlag(
    "exclude",
    "file",
    "videos to leave out of the lists, a path a line, as `data verify --bad` writes them",
  ),
  frames: pluginFlag(
    "frames",
    "pretrain",
    ". Another one than the task's starts from its own defaults, not from the task's options; set them " +
      "with --set frames.<option>=<value>",
  ),
  epochs: wholeFlag("epochs", "count"),
  steps: wholeFlag("steps", "count", "optimiser steps, in place of epochs"),
  batch: wholeFlag("batch", "clips"),
  seed: wholeFlag("seed", "number"),
  ...COMPUTE_FLAGS,
  tune: {
    type: "text",
    choices: TUNE_CHOICES,
    help: "time this GPU's matrix kernels once (default auto: on a real GPU)",
  },
  logger: pluginFlag("logger", "pretrain", ""),
  out: { type: "folder", sets: "out", help: "run folder (default runs/<task name>)" },
  ...PLUGIN_FLAG,
  set: {
    type: "text",
    value: "field=value",
    repeat: true,
    help: "set any field of the task, such as optimizer.lr=3e-4 or frames.exactStride=false; " +
      "`fields` lists them, `plugins` the options of plugins",
  },
  skipNonFinite: wholeFlag(
    "skipNonFinite",
    "steps",
    `${helpOf("skipNonFinite")} with exit code 3 (default 0); each step then waits for the device`,
  ),
  dryRun: { type: "boolean", help: "check everything, print what would run, and stop" },
  fresh: { type: "boolean", help: "delete an earlier run in the run folder and start anew" },
  extend: {
    type: "boolean",
    help:
      "train a run for longer than it was started with (more --epochs or --steps); its learning rate then " +
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
  compareCost: {
    type: "boolean",
    help: "compare the time per clip with that of all tokens at the end",
  },
  resume: {
    type: "text",
    choices: ["last", "best"],
    help: "checkpoint to resume from (default last)",
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
  & Partial<FlagValues<typeof PRETRAIN_FLAGS & typeof FINETUNE_FLAGS & typeof PROBE_FLAGS>>;

/** A field and its value, as `--set` takes them; a UsageError for a text that lacks one of them. */
export function readAssignment(text: string): Override {
  const sign = text.indexOf("=");
  if (sign < 1) {
    throw new UsageError(`Cannot read --set: it must be <field>=<value>, got "${text}"`);
  }
  return [text.slice(0, sign).trim(), text.slice(sign + 1)];
}

/** The fields of the task that options set; `--set` comes last and wins, and must have a field and a value. */
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
