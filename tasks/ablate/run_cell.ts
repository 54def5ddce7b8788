import { join } from "node:path";
import type { Registry } from "@videoms/core";
import { evaluate } from "../evaluate/evaluate.ts";
import { finetune } from "../finetune/finetune.ts";
import { pretrain } from "../pretrain/pretrain.ts";
import { probe } from "../probe/probe.ts";
import type { CellResult, CellStage } from "./ablation_record.ts";
import { loggedCost } from "./cell_log.ts";
import { type PlannedCell, plannedCost } from "./plan_cells.ts";
import type { StageCost } from "./stage_cost.ts";

/** What a cell came to, but for when. */
export type CellOutcome = Pick<CellResult, "stages" | "metrics" | "cost">;

/** Metrics of a stage; null if it was stopped. */
type StageMetrics = Record<string, number> | null;

async function pretrainStage(
  cell: PlannedCell,
  folder: string,
  registry: Registry,
  signal: AbortSignal,
): Promise<StageMetrics> {
  const task = { ...cell.tasks.pretrain!, out: join(folder, "pretrain") };
  const { stopped, loss } = await pretrain(task, registry, { signal });
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
  signal: AbortSignal,
): Promise<StageMetrics> {
  const given = cell.tasks.finetune!;
  const out = join(folder, "finetune");
  const start = { ...given.start, from: startOf(cell, folder, given.start.from) };
  const { stopped } = await finetune({ ...given, out, start }, registry, { signal });
  if (stopped) return null;
  const { summary } = await evaluate(out, registry, { backend: given.backend, signal });
  if (!summary) return null;
  const { top1, topK, meanClass } = summary;
  return { top1, topK, meanClass };
}

async function probeStage(
  cell: PlannedCell,
  folder: string,
  registry: Registry,
  signal: AbortSignal,
): Promise<StageMetrics> {
  const given = cell.tasks.probe!;
  const from = startOf(cell, folder, given.encoder.from) ?? given.encoder.from;
  const task = { ...given, out: join(folder, "probe"), encoder: { ...given.encoder, from } };
  const { stopped, best } = await probe(task, registry, { signal });
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

/** What a training took, beside what was planned. */
function trainedClips({ steps, clipsPerStep }: StageCost): number {
  return steps * clipsPerStep;
}

/**
 * Trains and evaluates a cell. Each training is an ordinary run in the cell's folder, so that one that was
 * stopped or killed goes on from its last checkpoint, and one that is finished only says what it came to.
 *
 * @param place the cell's folder, relative to the ablation's, for the record
 * @returns null if it was told to stop
 */
export async function runCell(
  cell: PlannedCell,
  folder: string,
  place: string,
  registry: Registry,
  signal: AbortSignal,
): Promise<CellOutcome | null> {
  const metrics: Record<string, number> = {};
  const stages: CellStage[] = [];
  let [seconds, peakBytes, clips] = [0, 0, 0];
  for (const stage of Object.keys(cell.tasks) as StageName[]) {
    const found = await STAGES[stage](cell, folder, registry, signal);
    if (!found) return null;
    checkFinite(found);
    Object.assign(metrics, found);
    stages.push({ stage, folder: `${place}/${stage}` });
    if (stage === "finetune") {
      stages.push({ stage: "evaluate", folder: `${place}/finetune/evaluation` });
    }
    const planned = cell.costs[stage]!;
    const logged = await loggedCost(join(folder, stage), planned.clipsPerStep);
    seconds += logged.seconds;
    peakBytes = Math.max(peakBytes, logged.peakBytes);
    clips += trainedClips(planned);
  }
  const cost = { multiplyAccumulates: plannedCost(cell), seconds, peakBytes, clips };
  return { stages, metrics, cost };
}
