import type { Descriptor } from "@videoms/core";
import { FIELD_KINDS, type FieldFacts, fieldFacts } from "./fields/field_facts.ts";
import { type Command, defineCommand } from "./line/command.ts";
import { twoColumns } from "./line/help.ts";

function fieldLine(
  { path, type, default: value, rule, help, flag, free }: FieldFacts,
): [string, string] {
  const shown = type === "plugin" ? (value as unknown as Descriptor).name : JSON.stringify(value);
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
