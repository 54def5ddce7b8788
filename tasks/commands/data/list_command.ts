import {
  EGO4D_HELP,
  LIST_KINDS,
  type ListInput,
  MISSING_VIDEOS,
  VIDEO_ENDINGS,
  writeLists,
} from "@videoms/data";
import {
  type Command,
  defineCommand,
  type FlagSpecs,
  flagTitle,
  type FlagValues,
  UsageError,
} from "@videoms/data/console";

const FLAGS = {
  videos: { type: "folder", help: "the videos, in class folders or not, with any video ending" },
  splits: { type: "folder", help: "the official splits (ucf101, hmdb51)" },
  split: { type: "whole", value: "number", help: "which split (default 1)" },
  annotations: { type: "folder", help: "the JSON files (ssv2)" },
  csv: { type: "file", repeat: true, help: "an annotation file (kinetics)" },
  missing: {
    type: "text",
    choices: MISSING_VIDEOS,
    help:
      "on missing videos: error (default), or leave-out (default of kinetics), which lists them in " +
      "missing.txt",
  },
  heldOut: {
    type: "number",
    value: "share",
    help: "share of each class that is held out (folders; default 0)",
  },
  folds: {
    type: "whole",
    value: "number",
    help: "folds of a cross-validation, in place of a share (folders)",
  },
  pattern: {
    type: "text",
    value: "expression",
    help:
      "regular expression for paths of videos, with a group (?<class>…), and (?<group>…) for what must stay " +
      "in one list (folders)",
  },
  seed: { type: "whole", value: "number", help: "seed of their choice (folders; default 0)" },
  out: { type: "folder", help: "folder of the lists (default datasets/<kind or folder>)" },
} as const satisfies FlagSpecs;

const NAMES = Object.keys(LIST_KINDS);

/** What flags say about a kind; refuses an unknown kind, and flags that do not fit it. */
function readInput(name: string, { out: _, ...flags }: FlagValues<typeof FLAGS>): ListInput {
  if (name === "ego4d") throw new UsageError(`Cannot list ego4d: ${EGO4D_HELP}`);
  if (!NAMES.includes(name)) {
    throw new UsageError(
      `Cannot list videos: the kind must be one of ${NAMES.join(", ")}, got "${name}"`,
    );
  }
  const { needs, takes } = LIST_KINDS[name];
  for (const flag of Object.keys(flags) as (keyof ListInput)[]) {
    const isGiven = [flags[flag]].flat().some((one) => one !== undefined);
    const title = flagTitle(flag);
    if (needs.includes(flag) && !isGiven) {
      throw new UsageError(`Cannot list ${name}: ${title} must be given, ${FLAGS[flag].help}`);
    }
    if (isGiven && ![...needs, ...takes].includes(flag)) {
      throw new UsageError(`Cannot list ${name}: ${title} must be left out, it is of other kinds`);
    }
  }
  return flags as ListInput;
}

export const command: Command = defineCommand({
  summary: "write annotation lists of public data sets, or of folders of videos",
  description: [
    "Writes lists with a line `path label` for each video, as every command reads them, and classes.txt " +
    "with the names of the classes by label. Paths are relative where the videos are in the folder of the " +
    "lists. Nothing is written unless the set's files are intact and the videos are there. Files that are " +
    "not named like a video, hidden ones and folders without videos are counted and listed in " +
    "passed_over.txt.",
    `Names of videos end in ${VIDEO_ENDINGS.join(", ")}.`,
    ...Object.entries(LIST_KINDS).map(([name, { help }]) => `${name}: ${help}`),
    `ego4d: ${EGO4D_HELP}`,
  ],
  positionals: [{ name: "kind", help: `one of ${NAMES.join(", ")}` }],
  flags: FLAGS,
  examples: [
    "list ucf101 --splits ucfTrainTestlist --videos UCF-101",
    "list kinetics --csv train.csv --csv validate.csv --videos k400 --out datasets/k400",
    "list folders --videos my-videos --held-out 0.2",
    "list folders --videos clips --pattern '(?<class>[a-z]+)_(?<group>\\d+)\\.mp4' --held-out 0.2",
  ],
  async run({ flags, positionals: [name], paths, signal, output }) {
    const input = readInput(name, flags);
    const { build, out } = LIST_KINDS[name];
    const lists = await build(input);
    signal.throwIfAborted();
    output.print(await writeLists(lists, flags.out ?? paths.own(out(input))));
  },
});
