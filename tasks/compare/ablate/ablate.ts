import { formatDuration } from "@videoms/core/plain";
import { join } from "node:path";
import type { Descriptor, Json, Registry } from "@videoms/core";
import { type Shard, shardRows } from "@videoms/data";
import { FolderInUseError } from "@videoms/data/files";
import type { AblateTask } from "../../definition/ablate_task.ts";
import { lookPicture } from "../../evaluation/look/write_look.ts";
import { type Output, standardOutput } from "@videoms/data/console";
import type { AblationRecord, CellPlan, CellResult, CellStage } from "./ablation_record.ts";
import { checkCellData } from "./cell_data.ts";
import { inTurn, lockCell, readResult, writeRecord, writeResult } from "./cell_store.ts";
import { planCells, type PlannedCell, plannedCost } from "./plan_cells.ts";
import { runCell, type RunHooks } from "./run_cell.ts";
import { stepTimer } from "./step_timer.ts";

/** How an ablation is run. */
export interface AblateRunOptions {
  /** The part of the cells that this process works on. @default all */
  shard?: Shard;
  /** Stops after the step at hand; the run saves first. */
  signal?: AbortSignal;
  /** Resume although cells were trained on other videos. @default false */
  changedData?: boolean;
  /** @default the standard streams */
  output?: Output;
}

/** A cell and how it ended; null for one that has not, or is skipped. */
export interface EndedCell {
  readonly plan: CellPlan;
  readonly result: CellResult | null;
}

/** The outcome of an ablation. */
export interface AblationResult {
  readonly folder: string;
  readonly record: AblationRecord;
  /** Every cell of the grid, those of other shards too. */
  readonly cells: readonly EndedCell[];
  /** Cells of this process that failed. */
  readonly failed: readonly EndedCell[];
  readonly stopped: boolean;
}

export function ablationFolder({ name, out }: Pick<AblateTask, "name" | "out">): string {
  return out ?? `runs/${name}`;
}

function recordOf(task: AblateTask, cells: readonly PlannedCell[]): AblationRecord {
  const { name, axes, seeds, baseline, measure } = task;
  return {
    format: "videoms-ablation",
    version: 1,
    name,
    task: JSON.parse(JSON.stringify(task)) as Json,
    axes: Object.entries(axes).map(([title, levels]) => ({ title, labels: Object.keys(levels) })),
    seeds,
    baseline,
    measure,
    cells: cells.map(({ plan }) => plan),
  };
}

/** Draws what the masks of the pre-trainings make of a held-out clip, side by side, for the report. */
async function drawMasks(
  cells: readonly PlannedCell[],
  folder: string,
  registry: Registry,
  signal: AbortSignal,
): Promise<void> {
  const tasks = cells.flatMap(({ tasks: { pretrain } }) => pretrain ?? []);
  if (tasks.length === 0) return;
  const different = new Map<string, Descriptor<"masking">>(
    tasks.map(({ masking }) => [JSON.stringify(masking), masking]),
  );
  const options = { registry, signal };
  await lookPicture(tasks[0], [...different.values()], join(folder, "look"), options);
}

/** Prints which cell is at hand, and how long the rest may take by what the cells so far took. */
function gridProgress(cells: readonly PlannedCell[], print: (text: string) => void) {
  let left = cells.reduce((sum, cell) => sum + plannedCost(cell), 0);
  let [count, doneCost, doneSeconds] = [0, 0, 0];
  return {
    /** @param known why nothing is to be done about the cell; null if it is taken up */
    start(cell: PlannedCell, known: string | null): void {
      const eta = doneCost > 0 ? `, ETA ${formatDuration(doneSeconds / doneCost * left)}` : "";
      const what = known === null ? eta : `, ${known}`;
      print(`cell ${++count} of ${cells.length}: ${cell.plan.name}${what}`);
      if (known !== null) left -= plannedCost(cell);
    },
    end(cell: PlannedCell, seconds: number): void {
      left -= plannedCost(cell);
      doneCost += plannedCost(cell);
      doneSeconds += seconds;
    },
  };
}

interface Work {
  readonly folder: string;
  readonly registry: Registry;
  readonly run: RunHooks;
  readonly progress: ReturnType<typeof gridProgress>;
}

/** Works on one cell, unless it is done or another process has it; tells whether to go on. */
async function workOn(cell: PlannedCell, work: Work): Promise<boolean> {
  const { folder, registry, run, progress } = work;
  const { id, name } = cell.plan;
  using lock = await lockCell(folder, id);
  const isDone = lock && (await readResult(folder, id))?.status === "done";
  const known = !lock ? "another process works on it" : isDone ? "done before" : null;
  progress.start(cell, known);
  if (known !== null) return true;
  const start = performance.now();
  const started = new Date().toISOString();
  const stages: CellStage[] = [];
  const ended = (rest: Pick<CellResult, "status" | "reason">): Promise<void> =>
    writeResult(folder, { id, started, ended: new Date().toISOString(), stages, ...rest });
  try {
    if (!await runCell(cell, folder, registry, run, stages)) return false;
    await ended({ status: "done" });
  } catch (error) {
    if (run.signal.aborted) return false;
    if (error instanceof FolderInUseError) { // a pre-training that it shares
      run.output.printError(`Left for later: ${name}: ${error.message}`);
      return true;
    }
    const reason = error instanceof Error ? error.message : String(error);
    run.output.printError(`Failed: ${name}: ${reason}`);
    await ended({ status: "failed", reason });
  }
  progress.end(cell, (performance.now() - start) / 1000);
  return true;
}

/**
 * Runs the cells of an ablation, one after the other, and keeps how each ended. A cell that is done is not
 * run again, also in a changed grid; one that was stopped or killed resumes from its last checkpoint; one that
 * failed is tried again by the next start, and keeps no other from running. Processes that share the folder
 * never work on one cell.
 *
 * @param registry the plugins that cells may use
 * @throws {RangeError} for a grid of which no cell can run
 * @throws {Error} if a list of videos is missing, or cells were trained on other videos
 * @example
 * ```ts
 * import { shapes } from "@videoms/data";
 * import { random, tube } from "@videoms/masking";
 * import { ablate, defineAblation, definePretrain, loadRegistry } from "@videoms/tasks";
 *
 * const folder = await Deno.makeTempDir();
 * const task = defineAblation({
 *   name: "tiny",
 *   out: `${folder}/ablation`,
 *   pretrain: definePretrain({
 *     name: "tiny",
 *     model: { width: 12, depth: 1, heads: 2, imageSize: 16, patchSize: 4, frames: 4 },
 *     data: { dataset: shapes({ videos: 4, heldOut: 2, size: 16, dir: folder }), heldOutClips: 1 },
 *     steps: 1,
 *     batch: 2,
 *   }),
 *   axes: {
 *     masking: { tube: { "pretrain.masking": tube() }, random: { "pretrain.masking": random() } },
 *   },
 *   seeds: [0],
 * });
 * const { cells, failed } = await ablate(task, await loadRegistry());
 * console.assert(cells.length === 2 && failed.length === 0);
 * ```
 */
export async function ablate(
  task: AblateTask,
  registry: Registry,
  options: AblateRunOptions = {},
): Promise<AblationResult> {
  const { shard = { index: 1, count: 1 }, signal = new AbortController().signal } = options;
  const { output = standardOutput(), changedData = false } = options;
  const run = { signal, output, changedData };
  const folder = ablationFolder(task);
  const cells = await planCells(task, registry, stepTimer(folder, registry, run));
  for (const { plan: { name, skip } } of cells) {
    if (skip) output.printError(`Skipped (${skip.kind}): ${name}: ${skip.reason}`);
  }
  const able = cells.filter(({ plan }) => !plan.skip);
  if (able.length === 0) {
    throw new RangeError(
      `Cannot run an ablation: a cell must be possible, got ${cells[0].plan.skip!.reason}`,
    );
  }
  if (!changedData) await checkCellData(able, folder, registry, signal);
  const record = recordOf(task, cells);
  await inTurn(folder, async () => {
    await writeRecord(folder, record);
    await drawMasks(able, folder, registry, signal);
  });
  // Cells that share a pre-training are worked on by one process.
  const groups = [
    ...Map.groupBy(able, ({ plan: { id, pretraining } }) => pretraining ?? id).values(),
  ];
  const own = shardRows(groups.length, shard).flatMap((row) => groups[row])
    .toSorted((a, b) => able.indexOf(a) - able.indexOf(b));
  const progress = gridProgress(own, output.printError);
  let stopped = false;
  for (const cell of own) {
    stopped = signal.aborted || !await workOn(cell, { folder, registry, run, progress });
    if (stopped) break;
  }
  const ended = await Promise.all(cells.map(async ({ plan }): Promise<EndedCell> => ({
    plan,
    result: plan.skip?.kind === "impossible" ? null : await readResult(folder, plan.id),
  })));
  const ids = new Set(own.map(({ plan }) => plan.id));
  const failed = ended.filter(({ plan, result }) =>
    !plan.skip && ids.has(plan.id) && result?.status === "failed"
  );
  return { folder, record, cells: ended, failed, stopped };
}
