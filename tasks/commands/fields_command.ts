import type { Json } from "@videoms/core";
import { ABLATE_FIELDS } from "../definition/ablate_task.ts";
import { fieldHelp } from "../definition/field_help.ts";
import { fieldsByPath } from "../definition/field_table.ts";
import type { LoadableTasks } from "../definition/load_task.ts";
import { TASK_FIELDS } from "../definition/task_kinds.ts";
import { command as ablateCommand } from "./ablate_command.ts";
import {
  type Command,
  defineCommand,
  type FlagSpecs,
  flagTitle,
  twoColumns,
} from "@videoms/data/console";
import { FINETUNE_FLAGS, PRETRAIN_FLAGS, PROBE_FLAGS } from "./run_flags.ts";

/** A field of a task, as plain JSON. */
export type FieldFacts = ReturnType<typeof fieldFacts>[number];

const KINDS = {
  pretrain: { fields: TASK_FIELDS.pretrain, flags: PRETRAIN_FLAGS },
  finetune: { fields: TASK_FIELDS.finetune, flags: FINETUNE_FLAGS },
  probe: { fields: TASK_FIELDS.probe, flags: PROBE_FLAGS },
  ablate: { fields: fieldsByPath(ABLATE_FIELDS), flags: ablateCommand.flags },
} as const;

const FIELD_KINDS = Object.keys(KINDS) as readonly (keyof LoadableTasks)[];

/** The flag that sets a field, or that sets the plugin that it names. */
function flagOf(flags: FlagSpecs, path: string): string | null {
  const found = Object.entries(flags).find(([, { sets }]) =>
    sets === path || sets?.startsWith(`${path}.`)
  );
  return found ? flagTitle(found[0]) : null;
}

/** Every field of a kind of task, in the order of its task files. */
function fieldFacts(kind: keyof LoadableTasks) {
  const { fields, flags } = KINDS[kind];
  return Object.entries(fields).filter(([path]) => path !== "kind").map(([path, field]) => ({
    path,
    type: field.type,
    default: field.default as Json,
    /** What it must be. */
    rule: field.rule,
    choices: field.choices ?? null,
    help: fieldHelp(kind, path),
    /** The flag that sets it too, with its dashes; null for none. */
    flag: flagOf(flags, path),
    /** Whether it may change when a run is resumed. */
    free: field.free ?? false,
  }));
}

function fieldLine(
  { path, type, default: value, rule, help, flag, free }: FieldFacts,
): [string, string] {
  const shown = type === "plugin" ? (value as { name: string }).name : JSON.stringify(value);
  const notes = [`${rule}, default ${shown}`, flag ?? "", free ? "may change on resume" : ""];
  return [path, `${help} (${notes.filter((note) => note !== "").join("; ")})`];
}

export const command: Command = defineCommand({
  summary: "list the fields of tasks, with their defaults and what they may be",
  description: [
    "A field is given in a task file, as optimizer: { lr: 3e-4 }, or set by --set optimizer.lr=3e-4; some have " +
    "a flag of their own. The options of plugins, such as masking.maskRatio, are listed by `plugins`.",
  ],
  positionals: [{
    name: "kind",
    optional: true,
    choices: FIELD_KINDS,
    help: `only the fields of this kind of task: ${FIELD_KINDS.join(", ")}`,
  }],
  flags: { json: { type: "boolean", help: "print JSON" } },
  examples: ["fields", "fields finetune", "fields pretrain --json"],
  run({ flags, positionals: [name], output }) {
    const kinds = FIELD_KINDS.filter((kind) => name === undefined || kind === name);
    const all = kinds.map((kind) => [kind, fieldFacts(kind)] as const);
    const sections = all.map(([kind, fields]) =>
      [kind, ...twoColumns(fields.map(fieldLine))].join("\n")
    );
    output.print(
      flags.json ? JSON.stringify(Object.fromEntries(all), null, 2) : sections.join("\n\n"),
    );
    return Promise.resolve();
  },
});
