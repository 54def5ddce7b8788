import { MISSING_VIDEOS, VIDEO_ENDINGS, writeLists } from "@videoms/data";
import {
  type Command,
  defineCommand,
  type FlagSpecs,
  type FlagValues,
} from "../../line/command.ts";
import { UsageError } from "../../line/parse_command.ts";
import {
  EGO4D_HELP,
  LIST_KINDS,
  type ListInput,
  type ListKind,
  type ListKindName,
} from "./list_kinds.ts";

const FLAGS = {
  videos: {
    type: "path",
    value: "folder",
    help:
      "the videos, in folders of their classes or not; files that were converted are found as well",
  },
  splits: { type: "path", value: "folder", help: "the official splits (ucf101, hmdb51)" },
  split: { type: "whole", value: "number", help: "which of them (default 1)" },
  annotations: { type: "path", value: "folder", help: "the JSON files (ssv2)" },
  csv: { type: "path", value: "file", repeat: true, help: "an annotation file (kinetics)" },
  missing: {
    type: "text",
    choices: MISSING_VIDEOS,
    help:
      "videos that are not there: error (default), or leave-out (default of kinetics), which names " +
      "them in missing.txt",
  },
  "held-out": {
    type: "number",
    value: "share",
    help: "share of each class that is held out (folders; default 0)",
  },
  seed: { type: "whole", value: "number", help: "which videos these are (folders; default 0)" },
  out: {
    type: "path",
    value: "folder",
    help: "where the lists are written (default datasets/<kind>, for folders datasets/<its name>)",
  },
} as const satisfies FlagSpecs;

const NAMES = Object.keys(LIST_KINDS);

/**
 * The kind and what its flags say.
 *
 * @throws {UsageError} if there is no such kind, or flags do not fit it
 */
function readInput(name: string, flags: FlagValues<typeof FLAGS>): [ListKind, ListInput] {
  if (name === "ego4d") throw new UsageError(`Cannot list ego4d: ${EGO4D_HELP}`);
  if (!Object.hasOwn(LIST_KINDS, name)) {
    throw new UsageError(
      `Cannot list videos: the kind must be one of ${NAMES.join(", ")}, got "${name}"`,
    );
  }
  const kind: ListKind = LIST_KINDS[name as ListKindName];
  const { out: _, ...input } = flags;
  const given = (flag: keyof ListInput) => [input[flag]].flat().some((one) => one !== undefined);
  for (const flag of Object.keys(input) as (keyof ListInput)[]) {
    const isNeeded = kind.needs.includes(flag);
    if (isNeeded && !given(flag)) {
      throw new UsageError(`Cannot list ${name}: --${flag} must be given, ${FLAGS[flag].help}`);
    }
    if (!isNeeded && !kind.takes.includes(flag) && given(flag)) {
      throw new UsageError(`Cannot list ${name}: --${flag} must be left out, it is of other kinds`);
    }
  }
  return [kind, input as ListInput];
}

export const listCommand: Command = defineCommand({
  name: "list",
  summary: "make annotation lists of the sets people have",
  description: [
    "Writes lists with a line `path label` for each video, as every command reads them, and classes.txt " +
    "with the names of the classes by label. Paths are relative where the videos are in the folder of the " +
    "lists. Nothing is written unless the set's files are sound and the videos are there. Files that are " +
    "not named like a video, hidden ones and folders without videos are counted and named in " +
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
  ],
  async run({ flags, positionals: [name], paths, signal, output }) {
    const [kind, input] = readInput(name, flags);
    const lists = await kind.build(input);
    signal.throwIfAborted();
    output.print(await writeLists(lists, flags.out ?? paths.own(kind.out(input))));
  },
});
