import { join } from "node:path";
import { folderEntries } from "@videoms/data/files";
import type { RunTask } from "../../definition/run_task.ts";
import { readEvaluations } from "../../evaluation/evaluate/evaluation_metrics.ts";
import { loggedCost } from "../../runs/cost/logged_cost.ts";
import { readRecord } from "../../runs/folder/run_record.ts";
import { curvesOf, figuresOf, LOG_FILE, metricsOf, readLogLines, sourceId } from "@videoms/data";

/** Names of a folder's PNG files, in order; none if there is no such folder. */
export async function pngsOf(folder: string): Promise<string[]> {
  return (await folderEntries(folder))
    .filter(({ name, isFile }) => isFile && name.endsWith(".png") && !name.startsWith("."))
    .map(({ name }) => name);
}

/** A run folder as a report sees it. */
export type ReportRun = NonNullable<Awaited<ReturnType<typeof readRun>>>;

/**
 * Reads a run folder without taking its lock: a process may be at work on it. Unlike a run that is resumed, this
 * reads on after a damaged line of the log.
 *
 * @returns null if the folder holds no run
 * @throws {Error} if its `task.json` or an `evaluation.json` is damaged
 */
export async function readRun(folder: string) {
  const record = await readRecord<RunTask>(folder);
  if (!record) return null;
  const lines = await readLogLines(join(folder, LOG_FILE));
  const entries = lines.filter((line) => line !== null);
  const { kind } = record.task;
  const curves = curvesOf(kind, entries.flatMap(metricsOf));
  const evaluations = await readEvaluations(folder);
  const evaluated = curvesOf(kind, evaluations.flatMap(({ metrics }) => metrics));
  const last = (await pngsOf(join(folder, "pictures"))).at(-1);
  return {
    folder,
    record,
    /** Whole lines of its log. */
    lines: entries.length,
    /** Lines of the log that are no JSON object; they are left out. */
    damagedLines: lines.length - entries.length,
    /** The numbers of the log by step. */
    curves,
    /** What it ended with, evaluations included. */
    figures: figuresOf([...curves, ...evaluated]),
    /** Which rows evaluations have right, as 1 and 0, by the id of their source. */
    right: new Map(
      evaluations.flatMap(({ metrics: [one], right }) =>
        right === undefined ? [] : [[sourceId({ ...one, kind }), right] as const]
      ),
    ),
    /** Null before training began. */
    cost: loggedCost(record, entries),
    /** The last picture that it drew, a PNG, or null. */
    picture: last ? await Deno.readFile(join(folder, "pictures", last)) : null,
  };
}
