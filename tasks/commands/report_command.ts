import { report } from "../compare/report/report.ts";
import { type Command, defineCommand } from "@videoms/data/console";

export const command: Command = defineCommand({
  summary: "write a page about runs and ablations: results, costs, curves, tasks, pictures",
  description: [
    "Writes report.html, a page that loads nothing else, and report.md, the table of results. Runs " +
    "whose tasks differ in the seed alone are one variant. Runs may still be training.",
  ],
  positionals: [{
    name: "run",
    type: "path",
    repeat: true,
    help: "run folder, or folder of an ablation",
  }],
  flags: {
    out: { type: "folder", help: "folder for report.html and report.md (default: the first run)" },
    baseline: {
      type: "text",
      value: "variant",
      help:
        "variant that the others are compared to, by title or run folder (default: the ablation's, or " +
        "the first)",
    },
  },
  examples: [
    "report runs/shapes/pretrain",
    "report runs/tube-* runs/motion-* --baseline runs/tube-0 --out runs/compared",
  ],
  async run({ flags: { out, baseline }, positionals, output }) {
    const { page, markdown, damaged } = await report(positionals, { out, baseline });
    for (const { log, lines } of damaged) {
      output.printError(`${log}: ${lines} damaged lines were left out`);
    }
    output.print(markdown);
    output.print(`report: ${page}`);
  },
});
