import { PLUGIN_KINDS } from "@videoms/core";
import { loadRegistry } from "../definition/plugins.ts";
import { type Command, defineCommand } from "./line/command.ts";
import { pluginFacts, pluginsText } from "./plugins/plugin_facts.ts";
import { PLUGIN_FLAG } from "./run_flags.ts";

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
