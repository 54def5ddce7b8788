import { openInBrowser, serveSite, studioSite } from "@videoms/studio";
import { moduleAddress } from "@videoms/data/files";
import { loadRegistry } from "../definition/plugins.ts";
import { studioContent } from "../evaluation/studio/studio_content.ts";
import { type Command, defineCommand } from "@videoms/data/console";
import { PLUGIN_FLAG } from "./run_flags.ts";

export const command: Command = defineCommand({
  summary: "see in a browser what strategies keep of your video, and what a run makes of it",
  description: [
    "Opens a page of this machine. Drop a video or use the camera: it is decoded and masked in the page, on your GPU " +
    "where the browser has WebGPU, and nothing is uploaded. Two strategies stand side by side, with their options, " +
    "tokens and costs.",
    "With a run also what its network reconstructs, or the classes it sees as the clip plays. Without one there are no " +
    "embeddings to measure importance on; the normalised pixels of each patch take their place, as for look.",
  ],
  positionals: [{
    name: "run",
    type: "path",
    optional: true,
    help: "folder of a pre-training or fine-tuning run",
  }],
  flags: {
    port: { type: "whole", value: "number", default: 8421, help: "port on 127.0.0.1, 0 for any" },
    quiet: { type: "boolean", help: "print the address and open no browser" },
    ...PLUGIN_FLAG,
  },
  examples: ["studio", "studio runs/gestures/finetune", "studio --plugin my_strategy.ts"],
  async run({ flags: { port, quiet, plugin }, positionals: [run], signal, output }) {
    const registry = await loadRegistry(plugin); // refuses what is no plugin before it is bundled
    const content = await studioContent(run, registry);
    output.printError("Bundling the page …");
    const files = await studioSite({ ...content, modules: plugin.map(moduleAddress) });
    const { url, finished } = serveSite(files, { port, signal, token: crypto.randomUUID() });
    output.print(`${url} (Ctrl-C ends)`);
    if (!quiet) await openInBrowser(url);
    await finished;
  },
});
