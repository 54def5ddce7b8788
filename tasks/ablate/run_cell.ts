import { join } from "node:path";
import type { Registry } from "@videoms/core";
import { loggedCost } from "../runs/cost/logged_cost.ts";
import type { RunCost } from "../runs/cost/run_cost.ts";
import { evaluate } from "../evaluation/evaluate/evaluate.ts";
import { finetune } from "../runs/finetune/finetune.ts";
import type { Output } from "../output/output.ts";
import { pretrain } from "../runs/pretrain/pretrain.ts";
import { probe } from "../runs/probe/probe.ts";
import { readLog } from "../runs/log/run_log.ts";
import type { CellCost, CellResult, CellStage } from "./ablation_record.ts";
import type { PlannedCell } from "./plan_cells.ts";

/** What a cell has come to so far, but for when. */
export interface CellOutcome extends Pick<CellResult, "cost"> {
  readonly stages: CellStage[];
  readonly metrics: Record<string, number>;
  cost: CellCost;
}

/** A cell that nothing was done for. */
export function noOutcome(): CellOutcome {
  const cost = { multiplyAccumulates: 0, seconds: 0, peakBytes: 0, clips: 0 };
  return { stages: [], metrics: {}, cost };
}

/** What the runs of a cell are stopped by and where they tell people things. */
export interface RunHooks {
  readonly signal: AbortSignal;
  readonly output: Output;
  /** Go on with trainings of other videos. @default false */
  readonly changedData?: boolean;
}

/** Metrics of a stage; null if it was stopped. */
type StageMetrics = Record<string, number> | null;

async function pretrainStage(
  cell: PlannedCell,
  folder: string,
  registry: Registry,
  run: RunHooks,
): Promise<StageMetrics> {
  const task = { ...cell.tasks.pretrain!, out: join(folder, "pretrain") };
  const { stopped, loss } = await pretrain(task, registry, run);
  if (stopped) return null;
  return loss === null ? {} : { heldOutLoss: loss };
}

/** The task of a later stage starts from the cell's own pre-training, if it has one. */
function startOf(cell: PlannedCell, folder: string, given: string | null): string | null {
  return cell.tasks.pretrain ? join(folder, "pretrain") : given;
}

async function finetuneStage(
  cell: PlannedCell,
  folder: string,
  registry: Registry,
  run: RunHooks,
): Promise<StageMetrics> {
  const given = cell.tasks.finetune!;
  const out = join(folder, "finetune");
  const start = { ...given.start, from: startOf(cell, folder, given.start.from) };
  const { stopped } = await finetune({ ...given, out, start }, registry, run);
  if (stopped) return null;
  const { summary } = await evaluate(out, registry, { backend: given.backend, ...run });
  if (!summary) return null;
  const { top1, topK, meanClass } = summary;
  return { top1, topK, meanClass };
}

async function probeStage(
  cell: PlannedCell,
  folder: string,
  registry: Registry,
  run: RunHooks,
): Promise<StageMetrics> {
  const given = cell.tasks.probe!;
  const from = startOf(cell, folder, given.encoder.from) ?? given.encoder.from;
  const task = { ...given, out: join(folder, "probe"), encoder: { ...given.encoder, from } };
  const { stopped, best } = await probe(task, registry, run);
  if (stopped || !best) return null;
  const { top1, topK, loss } = best;
  return { top1, topK, loss };
}

/** Weights can overflow in the very last step, which no loss has shown yet. */
function checkFinite(metrics: Readonly<Record<string, number>>): void {
  const [name, value] = Object.entries(metrics).find(([, value]) => !Number.isFinite(value)) ?? [];
  if (name === undefined) return;
  throw new Error(
    `Cannot compare the cell: ${name} must be finite, got ${value}; training diverged`,
  );
}

const STAGES = { pretrain: pretrainStage, finetune: finetuneStage, probe: probeStage } as const;

type StageName = keyof typeof STAGES;

/** A cell's cost with that of a training, as far as it came. */
async function withStage(
  cost: CellCost,
  { clipsPerStep, perClip }: RunCost,
  runFolder: string,
): Promise<CellCost> {
  const logged = loggedCost(await readLog(join(runFolder, "log.jsonl")), clipsPerStep);
  if (!logged) return cost;
  return {
    multiplyAccumulates: cost.multiplyAccumulates + logged.clips * perClip,
    seconds: cost.seconds + logged.seconds,
    peakBytes: Math.max(cost.peakBytes, logged.peakBytes),
    clips: cost.clips + logged.clips,
  };
}

/**
 * Trains and evaluates a cell. Each training is an ordinary run in the cell's folder, so that one that was
 * stopped or killed goes on from its last checkpoint, and one that is finished only says what it came to.
 *
 * @param place the cell's folder, relative to the ablation's, for the record
 * @param outcome filled on the way, so that a cell that fails keeps what was spent on it
 * @returns whether it came to its end; false if it was told to stop
 */
export async function runCell(
  cell: PlannedCell,
  folder: string,
  place: string,
  registry: Registry,
  run: RunHooks,
  outcome: CellOutcome,
): Promise<boolean> {
  for (const stage of Object.keys(cell.tasks) as StageName[]) {
    outcome.stages.push({ stage, folder: `${place}/${stage}` });
    try {
      const found = await STAGES[stage](cell, folder, registry, run);
      if (!found) return false;
      checkFinite(found);
      Object.assign(outcome.metrics, found);
    } finally {
      const runFolder = join(folder, stage);
      outcome.cost = await withStage(outcome.cost, cell.costs[stage]!, runFolder);
    }
    if (stage === "finetune") {
      outcome.stages.push({ stage: "evaluate", folder: `${place}/finetune/evaluation` });
    }
  }
  return true;
}
