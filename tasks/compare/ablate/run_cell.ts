import { metricKind } from "@videoms/core/plain";
import { join } from "node:path";
import type { Registry } from "@videoms/core";
import { evaluate } from "../../evaluation/evaluate/evaluate.ts";
import type { Output } from "@videoms/data/console";
import { finetune } from "../../runs/finetune/finetune.ts";
import { curvesOf, figuresOf, LOG_FILE, metricsOf, readLog, sourceLabel } from "@videoms/data";
import { pretrain } from "../../runs/pretrain/pretrain.ts";
import { probe } from "../../runs/probe/probe.ts";
import type { CellStage } from "./ablation_record.ts";
import { stagePlace } from "./cell_store.ts";
import type { PlannedCell } from "./plan_cells.ts";

/** What the runs of a cell are stopped by and where they print. */
export interface RunHooks {
  readonly signal: AbortSignal;
  readonly output: Output;
  /** Resume trainings of other videos. @default false */
  readonly changedData?: boolean;
}

type Stages = PlannedCell["tasks"];

/**
 * Runs of a cell, by stage; each tells whether it came to its end. A later stage starts from the cell's own
 * pre-training, if it has one: `pretrained`.
 */
const STAGES: {
  readonly [Stage in keyof Required<Stages>]: (
    task: NonNullable<Stages[Stage]>,
    pretrained: string | undefined,
    registry: Registry,
    run: RunHooks,
  ) => Promise<boolean>;
} = {
  async pretrain(task, _, registry, run) {
    return !(await pretrain(task, registry, run)).stopped;
  },
  async finetune(task, pretrained, registry, run) {
    const start = { ...task.start, from: pretrained ?? task.start.from };
    const { stopped, folder } = await finetune({ ...task, start }, registry, run);
    return !stopped && (await evaluate(folder, registry, run)).summary !== null;
  },
  async probe(task, pretrained, registry, run) {
    const encoder = { ...task.encoder, from: pretrained ?? task.encoder.from };
    return !(await probe({ ...task, encoder }, registry, run)).stopped;
  },
};

/** Weights can overflow in the very last step, which no loss has shown yet. */
async function checkFinite(kind: keyof Stages, folder: string): Promise<void> {
  const metrics = (await readLog(join(folder, LOG_FILE))).flatMap(metricsOf);
  const bad = figuresOf(curvesOf(kind, metrics)).find(({ name, head, value }) =>
    metricKind(name).better !== null && head === null && !Number.isFinite(value)
  );
  if (!bad) return;
  const what = `${bad.name} (${sourceLabel(bad)})`;
  throw new Error(
    `Cannot compare the cell: ${what} must be finite, got ${bad.value}; training diverged`,
  );
}

/**
 * Trains and evaluates a cell. Each training is an ordinary run in the cell's folder, so that one that was
 * stopped or killed resumes from its last checkpoint, and one that is finished is left as it is. A pre-training is
 * in a folder that cells share, unless an earlier version has put one into the cell's.
 *
 * @param folder the ablation's
 * @param stages filled on the way, so that a cell that fails tells how far it came
 * @returns whether it came to its end; false if it was told to stop
 */
export async function runCell(
  { plan, tasks }: PlannedCell,
  folder: string,
  registry: Registry,
  run: RunHooks,
  stages: CellStage[],
): Promise<boolean> {
  const pretrained = tasks.pretrain && join(folder, await stagePlace(folder, plan, "pretrain"));
  const runStage = <Stage extends keyof Stages>(stage: Stage, out: string) =>
    STAGES[stage]({ ...tasks[stage]!, out }, pretrained, registry, run);
  for (const stage of Object.keys(tasks) as (keyof Stages)[]) {
    const place = await stagePlace(folder, plan, stage);
    const out = join(folder, place);
    stages.push({ stage, folder: place });
    if (!await runStage(stage, out)) return false;
    await checkFinite(stage, out);
    if (stage === "finetune") stages.push({ stage: "evaluate", folder: `${place}/evaluation` });
  }
  return true;
}
