import { type Command, defineCommand } from "./line/command.ts";
import { readReport } from "../report/read_report.ts";
import { serveReport } from "../report/watch/serve_report.ts";

export const watchCommand: Command = defineCommand({
  name: "watch",
  summary: "serves the report of runs on this machine, and keeps it up to date as they go on",
  positionals: [{
    name: "run",
    type: "path",
    repeat: true,
    help: "run folder, or folder of an ablation",
  }],
  flags: {
    port: { type: "whole", value: "number", help: "port on 127.0.0.1, 0 for any (default 8420)" },
  },
  examples: ["watch runs/shapes/pretrain"],
  async run({ flags: { port = 8420 }, positionals, signal, output }) {
    await readReport(positionals); // tells at once if there is nothing to watch
    const { url, finished } = serveReport(positionals, port, signal);
    output.print(`${url} (Ctrl-C ends)`);
    await finished;
  },
});
