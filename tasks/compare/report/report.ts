import { join } from "node:path";
import { writeAtomically } from "@videoms/data/files";
import { readReport } from "./read_report.ts";
import type { ReportData } from "./report_data.ts";
import { reportMarkdown } from "./report_markdown.ts";
import { reportPage } from "./report_page.ts";

/** Options of {@linkcode report}. */
export interface ReportOptions {
  /** Folder for `report.html` and `report.md`. @default the first of the folders that are read */
  out?: string;
  /** Title or run folder of what others are compared to. @default that of the ablation, or the first variant */
  baseline?: string;
}

/** A report that was written. */
export interface WrittenReport {
  readonly page: string;
  /** The tables of results, Markdown. */
  readonly markdown: string;
  /** Logs with lines that could not be read and were left out. */
  readonly damaged: readonly { readonly log: string; readonly lines: number }[];
}

function damagedLogs({ variants }: ReportData): WrittenReport["damaged"] {
  const runs = variants.flatMap(({ members }) => members.flatMap(({ runs }) => runs));
  return runs.filter(({ damagedLines }) => damagedLines > 0)
    .map(({ folder, damagedLines }) => ({ log: join(folder, "log.jsonl"), lines: damagedLines }));
}

/**
 * Reports on runs and ablations: writes `report.html`, a page that loads nothing else, and `report.md`. Runs
 * whose tasks differ only in the seed are one variant; runs may still be training.
 *
 * @param folders run folders and folders of ablations
 * @throws {Error} if a folder holds neither, or there is no such baseline
 * @example
 * ```ts
 * import { shapes } from "@videoms/data";
 * import { definePretrain, loadRegistry, pretrain, report } from "@videoms/tasks";
 *
 * const folder = await Deno.makeTempDir();
 * const task = definePretrain({
 *   name: "tiny",
 *   out: `${folder}/pretrain`,
 *   model: { width: 12, depth: 1, heads: 2, imageSize: 16, patchSize: 4, frames: 4 },
 *   data: { dataset: shapes({ videos: 4, heldOut: 2, size: 16, dir: folder }), heldOutClips: 1 },
 *   steps: 1,
 *   batch: 2,
 * });
 * await pretrain(task, await loadRegistry());
 * const { page, markdown } = await report([task.out!]);
 * console.assert(page.endsWith("report.html") && markdown.includes("loss"));
 * ```
 */
export async function report(
  folders: readonly string[],
  { out = folders[0], baseline }: ReportOptions = {},
): Promise<WrittenReport> {
  const data = await readReport(folders, baseline);
  await Deno.mkdir(out, { recursive: true });
  const markdown = reportMarkdown(data);
  const page = join(out, "report.html");
  await writeAtomically(page, reportPage(data));
  await writeAtomically(join(out, "report.md"), markdown);
  return { page, markdown, damaged: damagedLogs(data) };
}
