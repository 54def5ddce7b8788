import { join } from "node:path";
import type { CellPlan, CellResult } from "../ablate/ablation_record.ts";
import { cellPlace, readAblation as readGrid, readResult } from "../ablate/cell_store.ts";
import { sumCosts } from "../runs/cost/logged_cost.ts";
import { measureOf } from "./measure.ts";
import { pngsOf, readRun } from "./read_run.ts";
import type { LeftOut, Member, ReportData, ReportPicture, ReportRun } from "./report_data.ts";

/** Folders of a cell that hold runs. */
const STAGES = ["pretrain", "finetune", "probe"] as const;

/** How far a cell has come. */
interface CellState {
  readonly result: CellResult | null;
  readonly runs: readonly ReportRun[];
}

/** A cell, planned and as far as it has come; nothing of one that is skipped. */
interface Cell extends CellState {
  readonly plan: CellPlan;
}

async function readCell(folder: string, plan: CellPlan): Promise<Cell> {
  if (plan.skip) return { plan, result: null, runs: [] };
  const path = join(folder, cellPlace(plan.id));
  const runs = await Promise.all(STAGES.map((stage) => readRun(join(path, stage))));
  const result = await readResult(folder, plan.id);
  return { plan, result, runs: runs.filter((run) => run !== null) };
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
function memberOf({ plan, runs }: Cell, { result, runs: measured }: CellState): Member {
  const isDone = result?.status === "done";
  return {
    name: plan.name,
    seed: plan.seed,
    figures: isDone ? measured.flatMap(({ figures }) => figures) : [],
    cost: isDone ? sumCosts(measured.map(({ cost }) => cost)) : null,
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
  const record = await readGrid(folder);
  if (!record) return null;
  const cells = await Promise.all(record.cells.map((plan) => readCell(folder, plan)));
  // a duplicate has the id of the cell that it equals
  const own = new Map(cells.filter(({ plan }) => !plan.skip).map((cell) => [cell.plan.id, cell]));
  const nameOf = new Map(
    record.cells.filter(({ skip }) => !skip).map(({ id, name }) => [id, name]),
  );
  const variants = new Map<string, Member[]>();
  for (const cell of cells) {
    const { skip, id, levels } = cell.plan;
    if (skip?.kind === "impossible") continue;
    const title = titleOf(levels);
    const member = memberOf(cell, own.get(skip?.of ?? id) ?? cell);
    variants.set(title, [...variants.get(title) ?? [], member]);
  }
  return {
    title: record.name,
    measure: measureOf([...variants.values()].flat(), record.measure),
    baseline: record.baseline && titleOf(record.baseline),
    variants: [...variants].map(([title, members]) => ({ title, members })),
    leftOut: cells.map((cell) => leftOut(cell, nameOf)).filter((one) => one !== null),
    pictures: await looksOf(folder),
  };
}
