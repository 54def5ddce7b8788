import {
  type Json,
  type Plugin,
  PLUGIN_KINDS,
  type PluginKind,
  type Registry,
} from "@videoms/core";
import { loadRegistry } from "../definition/plugins.ts";
import { type Command, defineCommand, twoColumns } from "@videoms/data/console";
import { PLUGIN_FLAG } from "./run_flags.ts";

/** A plugin and its options, as plain JSON. */
export type PluginFacts = ReturnType<typeof pluginFacts>[number];

/** What each kind decides, and the field of a task that names a plugin of it. */
const KINDS: Readonly<Record<PluginKind, { decides: string; field: string }>> = {
  masking: { decides: "tokens that are visible, and those to reconstruct", field: "masking" },
  tokens: { decides: "tokens that a classifier or a probe sees", field: "tokens" },
  frames: { decides: "frames of a clip", field: "frames" },
  backbone: { decides: "blocks of the encoder", field: "model.backbone" },
  positions: { decides: "how blocks are told where tokens are", field: "model.positions" },
  dataset: { decides: "videos and their labels", field: "data.dataset" },
  augmentation: { decides: "changes of training clips", field: "augmentation" },
  optimizer: { decides: "what a step makes of a weight", field: "optimizer.method" },
  schedule: { decides: "how the learning rate falls", field: "optimizer.schedule" },
  objective: { decides: "what the decoder predicts", field: "objective" },
  logger: { decides: "where numbers go beside the log", field: "logger" },
};

/** The options of a plugin; without choices one takes any value of its default's type. */
function optionsOf({ defaults, choices = {}, help = {} }: Plugin) {
  return Object.entries(defaults as Record<string, Json>).map(([name, value]) => ({
    name,
    default: value,
    choices: choices[name] ?? null,
    help: help[name] ?? "",
  }));
}

/** What the plugins of some kinds are, and what can be set of each. */
function pluginFacts(registry: Registry, kinds: readonly PluginKind[]) {
  return kinds.flatMap((kind) =>
    registry.list(kind).map((plugin) => {
      const { name, summary } = plugin;
      return { kind, name, summary, options: optionsOf(plugin) };
    })
  );
}

function optionLine(
  { name, default: value, choices, help }: PluginFacts["options"][number],
): [string, string] {
  // Most lines of help name the choices themselves.
  const isTold = choices === null || choices.every((choice) => help.includes(String(choice)));
  const values = isTold ? "" : `one of ${choices.map((one) => JSON.stringify(one)).join(", ")}; `;
  return [name, `${help} (${values}default ${JSON.stringify(value)})`.trimStart()];
}

/** Plugins with their options, for people. */
function pluginsText(plugins: readonly PluginFacts[]): string {
  const sections = [...Map.groupBy(plugins, ({ kind }) => kind)].map(([kind, ofKind]) => {
    const { decides, field } = KINDS[kind];
    const lines = ofKind.flatMap(({ name, summary, options }) => [
      `  ${name}: ${summary}`,
      ...twoColumns(options.map(optionLine), 6),
    ]);
    return [`${kind} (${decides}; field ${field})`, ...lines].join("\n");
  });
  return sections.join("\n\n");
}

export const command: Command = defineCommand({
  summary: "list the plugins and their options",
  description: [
    "A plugin is named in a task file or by a flag, such as --masking tube; its options are set there or by " +
    "--set, such as --set masking.maskRatio=0.75.",
  ],
  positionals: [{
    name: "kind",
    optional: true,
    choices: PLUGIN_KINDS,
    help: `only plugins of this kind: ${PLUGIN_KINDS.join(", ")}`,
  }],
  flags: { ...PLUGIN_FLAG, json: { type: "boolean", help: "print JSON" } },
  examples: ["plugins", "plugins masking", "plugins frames --plugin my_frames.ts --json"],
  async run({ flags, positionals: [kind], output }) {
    const kinds = PLUGIN_KINDS.filter((one) => kind === undefined || one === kind);
    const plugins = pluginFacts(await loadRegistry(flags.plugin), kinds);
    output.print(flags.json ? JSON.stringify(plugins, null, 2) : pluginsText(plugins));
  },
});
