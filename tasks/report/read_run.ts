import { join } from "node:path";
import { ifThere } from "@videoms/data/files";
import type { RunTask } from "../definition/run_task.ts";
import { readEvaluations } from "../evaluation/evaluate/evaluation_metrics.ts";
import { loggedCost } from "../runs/cost/logged_cost.ts";
import { readRecord } from "../runs/folder/run_folder.ts";
import { curvesOf, figuresOf } from "../runs/log/figure.ts";
import { metricsOf } from "../runs/log/metric.ts";
import { LOG_FILE, readLines } from "../runs/log/run_log.ts";
import type { ReportRun } from "./report_data.ts";

/** Names of a folder's PNG files, in order; none if there is no such folder. */
export async function pngsOf(folder: string): Promise<string[]> {
  const entries = await ifThere(Array.fromAsync(Deno.readDir(folder))) ?? [];
  return entries
    .filter(({ name, isFile }) => isFile && name.endsWith(".png") && !name.startsWith("."))
    .map(({ name }) => name).sort();
}

/**
 * Reads a run folder without taking its lock: a process may be at work on it. Unlike a run that is resumed, this
 * reads on after a damaged line of the log.
 *
 * @returns null if the folder holds no run
 * @throws {Error} if its `task.json` or an `evaluation.json` is damaged
 */
export async function readRun(folder: string): Promise<ReportRun | null> {
  const record = await readRecord<RunTask>(folder);
  if (!record) return null;
  const lines = await readLines(join(folder, LOG_FILE));
  const entries = lines.filter((line) => line !== null);
  const { kind } = record.task;
  const curves = curvesOf(kind, entries.flatMap(metricsOf));
  const evaluated = curvesOf(kind, await readEvaluations(folder));
  const last = (await pngsOf(join(folder, "pictures"))).at(-1);
  return {
    folder,
    record,
    lines: entries.length,
    damagedLines: lines.length - entries.length,
    curves,
    figures: figuresOf([...curves, ...evaluated]),
    cost: loggedCost(record, entries),
    picture: last ? await Deno.readFile(join(folder, "pictures", last)) : null,
  };
}
