import { join } from "node:path";
import type { Registry } from "@videoms/core";
import { evaluate } from "../evaluation/evaluate/evaluate.ts";
import { finetune } from "../runs/finetune/finetune.ts";
import { metricKind } from "../output/metrics.ts";
import type { Output } from "../output/output.ts";
import { pretrain } from "../runs/pretrain/pretrain.ts";
import { probe } from "../runs/probe/probe.ts";
import { curvesOf, figuresOf, sourceLabel } from "../runs/log/figure.ts";
import { metricsOf } from "../runs/log/metric.ts";
import { LOG_FILE, readLog } from "../runs/log/run_log.ts";
import type { CellStage } from "./ablation_record.ts";
import type { PlannedCell } from "./plan_cells.ts";

/** What the runs of a cell are stopped by and where they tell people things. */
export interface RunHooks {
  readonly signal: AbortSignal;
  readonly output: Output;
  /** Go on with trainings of other videos. @default false */
  readonly changedData?: boolean;
}

/** Runs a stage of a cell in the cell's folder; tells whether it came to its end. */
type RunStage = (
  cell: PlannedCell,
  folder: string,
  registry: Registry,
  run: RunHooks,
) => Promise<boolean>;

/** A later stage starts from the cell's own pre-training, if it has one. */
function startOf<Given extends string | null>(
  cell: PlannedCell,
  folder: string,
  given: Given,
): string | Given {
  return cell.tasks.pretrain ? join(folder, "pretrain") : given;
}

const STAGES: Readonly<Record<keyof PlannedCell["tasks"], RunStage>> = {
  async pretrain(cell, folder, registry, run) {
    const task = { ...cell.tasks.pretrain!, out: join(folder, "pretrain") };
    return !(await pretrain(task, registry, run)).stopped;
  },
  async finetune(cell, folder, registry, run) {
    const given = cell.tasks.finetune!;
    const out = join(folder, "finetune");
    const start = { ...given.start, from: startOf(cell, folder, given.start.from) };
    const { stopped } = await finetune({ ...given, out, start }, registry, run);
    if (stopped) return false;
    return (await evaluate(out, registry, run)).summary !== null;
  },
  async probe(cell, folder, registry, run) {
    const given = cell.tasks.probe!;
    const from = startOf(cell, folder, given.encoder.from);
    const task = { ...given, out: join(folder, "probe"), encoder: { ...given.encoder, from } };
    return !(await probe(task, registry, run)).stopped;
  },
};

type StageName = keyof typeof STAGES;

/** Weights can overflow in the very last step, which no loss has shown yet. */
async function checkFinite(kind: StageName, folder: string): Promise<void> {
  const metrics = (await readLog(join(folder, LOG_FILE))).flatMap(metricsOf);
  const bad = figuresOf(curvesOf(kind, metrics)).find(({ name, head, value }) =>
    metricKind(name).better !== null && head === null && !Number.isFinite(value)
  );
  if (!bad) return;
  throw new Error(
    `Cannot compare the cell: ${bad.name} (${
      sourceLabel(bad)
    }) must be finite, got ${bad.value}; ` +
      "training diverged",
  );
}

/**
 * Trains and evaluates a cell. Each training is an ordinary run in the cell's folder, so that one that was
 * stopped or killed goes on from its last checkpoint, and one that is finished only says what it came to.
 *
 * @param place the cell's folder, relative to the ablation's, for the record
 * @param stages filled on the way, so that a cell that fails tells how far it came
 * @returns whether it came to its end; false if it was told to stop
 */
export async function runCell(
  cell: PlannedCell,
  folder: string,
  place: string,
  registry: Registry,
  run: RunHooks,
  stages: CellStage[],
): Promise<boolean> {
  for (const stage of Object.keys(cell.tasks) as StageName[]) {
    stages.push({ stage, folder: `${place}/${stage}` });
    if (!await STAGES[stage](cell, folder, registry, run)) return false;
    await checkFinite(stage, join(folder, stage));
    if (stage === "finetune") {
      stages.push({ stage: "evaluate", folder: `${place}/finetune/evaluation` });
    }
  }
  return true;
}
