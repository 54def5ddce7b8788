import { join } from "node:path";
import { type Command, defineCommand } from "./line/command.ts";
import { writeAtomically } from "@videoms/data/files";
import type { ReportData } from "../report/report_data.ts";
import { readReport } from "../report/read_report.ts";
import { reportMarkdown } from "../report/report_markdown.ts";
import { reportPage } from "../report/report_page.ts";

export interface WrittenReport {
  readonly page: string;
  /** The table of results, Markdown. */
  readonly markdown: string;
}

/** Writes `report.html` and `report.md`. */
export async function writeReport(data: ReportData, folder: string): Promise<WrittenReport> {
  await Deno.mkdir(folder, { recursive: true });
  const markdown = reportMarkdown(data);
  const page = join(folder, "report.html");
  await writeAtomically(page, reportPage(data));
  await writeAtomically(join(folder, "report.md"), markdown);
  return { page, markdown };
}

export const reportCommand: Command = defineCommand({
  name: "report",
  summary: "one page about runs and ablations: results, costs, curves, tasks, pictures",
  description: [
    "Writes report.html, a page that loads nothing else, and report.md, the table of results. Runs " +
    "whose tasks differ in the seed alone are one variant. Runs may still be at work.",
  ],
  positionals: [{
    name: "run",
    type: "path",
    repeat: true,
    help: "run folder, or folder of an ablation",
  }],
  flags: {
    out: {
      type: "path",
      value: "folder",
      help: "folder for report.html and report.md (default: the first that was named)",
    },
    baseline: {
      type: "text",
      value: "variant",
      help: "what the others are compared to: a variant's title or run folder " +
        "(default: the ablation's, or the first)",
    },
  },
  examples: [
    "report runs/shapes/pretrain",
    "report runs/tube-* runs/motion-* --baseline runs/tube-0 --out runs/compared",
  ],
  async run({ flags: { out, baseline }, positionals, output }) {
    const data = await readReport(positionals, baseline);
    const { page, markdown } = await writeReport(data, out ?? positionals[0]);
    const damaged = data.variants.flatMap(({ members }) => members.flatMap(({ runs }) => runs))
      .filter(({ damagedLines }) => damagedLines > 0);
    for (const { folder, damagedLines } of damaged) {
      output.printError(`${folder}/log.jsonl: ${damagedLines} damaged lines were left out`);
    }
    output.print(markdown);
    output.print(`report: ${page}`);
  },
});
