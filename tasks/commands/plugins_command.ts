import { PLUGIN_KINDS } from "@videoms/core";
import { type Command, defineCommand } from "./line/command.ts";
import { loadRegistry } from "../definition/plugins.ts";
import { pluginFacts } from "./plugins/plugin_facts.ts";
import { pluginsText } from "./plugins/plugins_text.ts";

export const pluginsCommand: Command = defineCommand({
  name: "plugins",
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
  flags: {
    plugin: {
      type: "module",
      value: "module",
      repeat: true,
      help: "module whose plugins are listed too: a path, a URL or a package",
    },
    json: { type: "boolean", help: "print JSON" },
  },
  examples: ["plugins", "plugins masking", "plugins frames --plugin my_frames.ts --json"],
  async run({ flags, positionals: [kind], output }) {
    const kinds = PLUGIN_KINDS.filter((one) => kind === undefined || one === kind);
    const plugins = pluginFacts(await loadRegistry(flags.plugin), kinds);
    output.print(flags.json ? JSON.stringify(plugins, null, 2) : pluginsText(plugins));
  },
});
