import { valueAt } from "@videoms/core/plain";
import { taskDifference } from "../../runs/folder/task_difference.ts";
import { sourceId } from "@videoms/data";
import { measureOf } from "./measure.ts";
import { readAblation } from "./read_ablation.ts";
import { readRun } from "./read_run.ts";
import type { Member, ReportData, Variant } from "./report_data.ts";
import type { ReportRun } from "./read_run.ts";

/** Fields that differ between runs of one variant. */
const OF_A_RUN = ["seed", "name"];

/** Paths of the fields in which the tasks of two runs differ. */
function differences(a: ReportRun, b: ReportRun): string[] {
  const paths = taskDifference(a.record.task, b.record.task).map(({ path }) => path);
  return paths.filter((path) => !OF_A_RUN.includes(path));
}

/** Runs whose tasks differ in the seed alone, together. */
function groups(runs: readonly ReportRun[]): ReportRun[][] {
  const found: ReportRun[][] = [];
  for (const run of runs) {
    const group = found.find(([first]) => differences(first, run).length === 0);
    if (group) group.push(run);
    else found.push([run]);
  }
  return found;
}

/** Characters of a title; a longer one is replaced by the folder. */
const LONGEST_TITLE = 60;

/** What tells a run from others: its differing fields, or the folder if they are many. */
function titleOf(run: ReportRun, others: readonly ReportRun[]): string {
  const { folder, record: { task } } = run;
  const paths = new Set(others.flatMap((other) => differences(other, run)));
  if (paths.size === 0) return task.name;
  const value = (path: string) => {
    const inner = valueAt(task, path);
    return typeof inner === "string" ? inner : JSON.stringify(inner) ?? "none";
  };
  // the options of another plugin follow from its name
  const told = [...paths].filter((path) => {
    const [plugin, isOption] = path.split(/\.options\./);
    return !(isOption && paths.has(`${plugin}.name`));
  });
  const title = told.map((path) => `${path.replace(/\.name$/, "")}=${value(path)}`).join(" ");
  return title.length <= LONGEST_TITLE ? title : folder;
}

function variantsOf(runs: readonly ReportRun[]): Variant[] {
  const all = groups(runs);
  const firsts = all.map(([first]) => first);
  const titles = firsts.map((run) => titleOf(run, firsts.filter((other) => other !== run)));
  const isUnique = new Set(titles).size === titles.length;
  return all.map((group, at) => ({
    title: isUnique ? titles[at] : firsts[at].folder,
    members: group.map((run): Member => {
      const { folder: name, record: { task: { seed } }, figures, right, cost } = run;
      return { name, seed, figures, right, cost, runs: [run] };
    }),
  }));
}

/** The variant that others are compared to, by title or run folder; an error if there is none. */
function baselineOf(variants: readonly Variant[], asked: string): Variant {
  const found = variants.find(({ title, members }) =>
    title === asked || members.some(({ name }) => name === asked)
  );
  if (found) return found;
  const titles = variants.map(({ title }) => `"${title}"`).join(", ");
  throw new Error(
    `Cannot compare: the baseline must be one of ${titles} or a run folder, got "${asked}"`,
  );
}

/**
 * Reads what a report shows, from run folders and folders of ablations in any mixture.
 *
 * @param baseline title of a variant, or one of its run folders; the ablation's or the first variant
 * that has the figure if it is not given
 * @throws {Error} if a folder holds neither, or no variant is called so
 */
export async function readReport(
  folders: readonly string[],
  baseline?: string,
): Promise<ReportData> {
  const runs: ReportRun[] = [];
  const ablations: ReportData[] = [];
  for (const folder of new Set(folders)) {
    const ablation = await readAblation(folder);
    const run = ablation ? null : await readRun(folder);
    if (ablation) ablations.push(ablation);
    else if (run) runs.push(run);
    else {
      throw new Error(
        `Cannot read "${folder}": it must hold a run or an ablation, got neither task.json nor ` +
          "ablation.json there",
      );
    }
  }
  const variants = [...ablations.flatMap((one) => one.variants), ...variantsOf(runs)];
  const [ablation] = ablations;
  const measure = ablation?.measure ?? measureOf(variants.flatMap(({ members }) => members));
  const first = variants.find(({ members }) =>
    members.some(({ figures }) =>
      figures.some((one) => one.name === measure?.name && sourceId(one) === measure.source)
    )
  );
  const usual = ablation?.baseline ?? (variants.length > 1 ? first?.title ?? null : null);
  return {
    title: ablation?.title ?? runs[0].record.task.name,
    measure,
    baseline: baseline === undefined ? usual : baselineOf(variants, baseline).title,
    variants,
    leftOut: ablations.flatMap((one) => one.leftOut),
    pictures: ablations.flatMap((one) => one.pictures),
  };
}
