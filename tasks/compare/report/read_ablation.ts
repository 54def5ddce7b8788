import { join } from "node:path";
import type { AblateTask } from "../../definition/ablate_task.ts";
import type { CellPlan, CellResult } from "../ablate/ablation_record.ts";
import { readAblation as readGrid, readResult, stagePlace } from "../ablate/cell_store.ts";
import { sumCosts } from "../../runs/cost/logged_cost.ts";
import { measureOf } from "./measure.ts";
import { pngsOf, readRun } from "./read_run.ts";
import type { LeftOut, Member, ReportData, ReportPicture } from "./report_data.ts";
import type { ReportRun } from "./read_run.ts";

/** Stages of a cell that are runs. */
const STAGES = ["pretrain", "finetune", "probe"] as const;

/** A cell, planned and as far as it has come; nothing of one that is skipped. */
interface Cell {
  readonly plan: CellPlan;
  readonly result: CellResult | null;
  readonly runs: readonly ReportRun[];
}

async function readCell(folder: string, plan: CellPlan): Promise<Cell> {
  if (plan.skip) return { plan, result: null, runs: [] };
  const runs = await Promise.all(
    STAGES.map(async (stage) => readRun(join(folder, await stagePlace(folder, plan, stage)))),
  );
  const result = await readResult(folder, plan.id);
  return { plan, result, runs: runs.filter((run) => run !== null) };
}

/** Why a cell has no figures of its own; null for one that has. */
function leftOut({ plan: { name, skip }, result, runs }: Cell): LeftOut | null {
  if (skip) return { cell: name, state: skip.kind, reason: skip.reason };
  if (result?.status === "failed") {
    return { cell: name, state: "failed", reason: result.reason ?? "no reason was written" };
  }
  if (result) return null;
  const reason = runs.length > 0 ? "it has started" : "it has not started";
  return { cell: name, state: "not finished", reason };
}

/** What the pre-trainings of a cell have as much of as others, by the task of an ablation. */
function equalOf(task: unknown): string | undefined {
  const { pretrain, equalCost } = task as Partial<AblateTask>;
  return pretrain ? `equal ${equalCost ?? "epochs"}` : undefined;
}

function titleOf(levels: Readonly<Record<string, string>>): string {
  const entries = Object.entries(levels);
  return entries.map(([axis, label]) => `${axis}=${label}`).join(" ") || "task";
}

/** A cell as one training of its variant, with the figures of another one where it is a duplicate of that. */
function memberOf({ plan: { name, seed, fold }, runs }: Cell, measured: Cell): Member {
  const done = measured.result?.status === "done" ? measured.runs : null;
  return {
    name,
    seed,
    fold,
    figures: done?.flatMap(({ figures }) => figures) ?? [],
    right: new Map(done?.flatMap(({ right }) => [...right])),
    cost: done && sumCosts(done.map(({ cost }) => cost)),
    runs,
  };
}

async function looksOf(folder: string): Promise<ReportPicture[]> {
  const names = await pngsOf(folder);
  return await Promise.all(names.map(async (name) => ({
    title: name.slice(0, -".png".length),
    png: await Deno.readFile(join(folder, name)),
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
  const possible = cells.filter(({ plan }) => plan.skip?.kind !== "impossible");
  const usual = equalOf(record.task);
  const variantOf = ({ plan: { levels, at } }: Cell) => titleOf(levels) + (at ? ` at ${at}` : "");
  const variants = [...Map.groupBy(possible, variantOf)]
    .map(([title, group]) => ({
      title,
      at: group[0].plan.at ?? usual,
      members: group.map((cell) => memberOf(cell, own.get(cell.plan.id) ?? cell)),
    }));
  return {
    title: record.name,
    measure: measureOf(variants.flatMap(({ members }) => members), record.measure),
    baseline: record.baseline && titleOf(record.baseline),
    variants,
    leftOut: cells.map(leftOut).filter((one) => one !== null),
    pictures: await looksOf(join(folder, "look")),
  };
}
