import { type Command, defineCommand } from "@videoms/data/console";
import { readReport } from "../compare/report/read_report.ts";
import { serveReport } from "../compare/report/watch/serve_report.ts";

export const command: Command = defineCommand({
  summary: "serve the report of runs on this machine, kept up to date while they train",
  positionals: [{
    name: "run",
    type: "path",
    repeat: true,
    help: "run folder, or folder of an ablation",
  }],
  flags: {
    port: { type: "whole", value: "number", default: 8420, help: "port on 127.0.0.1, 0 for any" },
  },
  examples: ["watch runs/shapes/pretrain"],
  async run({ flags: { port }, positionals, signal, output }) {
    await readReport(positionals); // fails at once if there is nothing to watch
    const { url, finished } = serveReport(positionals, port, signal);
    output.print(`${url} (Ctrl-C ends)`);
    await finished;
  },
});
