import { join } from "node:path";
import type { AblationRecord, CellPlan, CellResult } from "../ablate/ablation_record.ts";
import { jsonOf, pngsOf, readRun } from "./read_run.ts";
import type { LeftOut, Member, ReportData, ReportPicture, ReportRun } from "./report_data.ts";

/** Folders of a cell that hold runs. */
const STAGES = ["pretrain", "finetune", "probe"] as const;

/** A cell, planned and as far as it has come. */
interface Cell {
  readonly plan: CellPlan;
  readonly result: CellResult | null;
  readonly runs: readonly ReportRun[];
}

async function readCell(folder: string, plan: CellPlan): Promise<Cell> {
  const path = join(folder, "cells", plan.id);
  const runs: ReportRun[] = [];
  for (const stage of STAGES) {
    const run = plan.skip ? null : await readRun(join(path, stage));
    if (run) runs.push(run);
  }
  const result = plan.skip ? null : await jsonOf<CellResult>(join(path, "cell.json"));
  return { plan, result, runs };
}

function leftOut({ plan, result, runs }: Cell, nameOf: Map<string, string>): LeftOut | null {
  const { name: cell, skip } = plan;
  if (skip) {
    const same = skip.of ? `the same as ${nameOf.get(skip.of) ?? skip.of}` : "";
    const reason = [same, skip.reason].filter((part) => part !== "").join(": ");
    return { cell, state: skip.kind, reason };
  }
  if (result?.status === "failed") {
    return { cell, state: "failed", reason: result.reason ?? "no reason was written" };
  }
  const begun = runs.length > 0 ? "it has begun" : "it has not begun";
  return result ? null : { cell, state: "not finished", reason: begun };
}

function titleOf(levels: Readonly<Record<string, string>>): string {
  const entries = Object.entries(levels);
  return entries.map(([axis, label]) => `${axis}=${label}`).join(" ") || "task";
}

/** A cell as one training of its variant; a duplicate has the figures of the cell that it equals. */
function memberOf({ plan, runs }: Cell, result: CellResult | null): Member {
  const done = result?.status === "done" ? result : null;
  return {
    name: plan.name,
    seed: plan.seed,
    metrics: done?.metrics ?? {},
    cost: done?.cost ?? null,
    runs,
  };
}

async function looksOf(folder: string): Promise<ReportPicture[]> {
  const names = await pngsOf(join(folder, "look"));
  return await Promise.all(names.map(async (name) => ({
    title: name.slice(0, -".png".length),
    png: await Deno.readFile(join(folder, "look", name)),
  })));
}

/**
 * Reads the folder of an ablation, whether it has ended or not.
 *
 * @returns null if the folder holds no ablation
 * @throws {Error} if one of its files is damaged
 */
export async function readAblation(folder: string): Promise<ReportData | null> {
  const record = await jsonOf<AblationRecord>(join(folder, "ablation.json"));
  if (!record) return null;
  if (record.format !== "videoms-ablation" || record.version !== 1) {
    throw new Error(
      `Cannot report: the ablation in "${folder}" must be of version 1, ` +
        `got ${record.format} ${record.version}`,
    );
  }
  const cells = await Promise.all(record.cells.map((plan) => readCell(folder, plan)));
  // a duplicate has the id of the cell that it equals
  const own = cells.filter(({ plan }) => !plan.skip);
  const results = new Map(own.map(({ plan, result }) => [plan.id, result]));
  const nameOf = new Map(
    record.cells.filter(({ skip }) => !skip).map(({ id, name }) => [id, name]),
  );
  const variants = new Map<string, Member[]>();
  for (const cell of cells) {
    const { skip, id, levels } = cell.plan;
    if (skip?.kind === "impossible") continue;
    const title = titleOf(levels);
    const result = results.get(skip?.of ?? id) ?? null;
    variants.set(title, [...variants.get(title) ?? [], memberOf(cell, result)]);
  }
  return {
    title: record.name,
    measure: record.measure,
    baseline: record.baseline && titleOf(record.baseline),
    variants: [...variants].map(([title, members]) => ({ title, members })),
    leftOut: cells.map((cell) => leftOut(cell, nameOf)).filter((one) => one !== null),
    pictures: await looksOf(folder),
  };
}
