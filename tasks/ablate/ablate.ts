import { join } from "node:path";
import type { Json, Registry } from "@videoms/core";
import { secondsPerStep } from "../runs/cost/logged_cost.ts";
import { clipsPerStep } from "../runs/cost/run_cost.ts";
import { type Shard, shardRows } from "../evaluation/evaluate/shard.ts";
import { pretrain } from "../runs/pretrain/pretrain.ts";
import type { Output } from "../output/output.ts";
import { standardOutput } from "../output/standard_output.ts";
import { formatDuration } from "../output/progress/format.ts";
import { readLog } from "../runs/log/run_log.ts";
import type { AblateTask } from "../definition/ablate_task.ts";
import type { CellTasks } from "../definition/task_change.ts";
import type { AblationRecord, CellPlan, CellResult, CellStage } from "./ablation_record.ts";
import { drawMasks } from "./ablation_pictures.ts";
import { checkCellData } from "./cell_data.ts";
import { cellPlace, inTurn, lockCell, readResult, writeRecord, writeResult } from "./cell_store.ts";
import { type SecondsPerStep, timingId, timingTask } from "./equal_cost.ts";
import { planCells, type PlannedCell, plannedCost } from "./plan_cells.ts";
import { runCell, type RunHooks } from "./run_cell.ts";

/** How an ablation is run. */
export interface AblateRunOptions {
  /** The part of the cells that this process works on. @default all */
  shard?: Shard;
  /** Stops after the step at hand; the run saves first. */
  signal?: AbortSignal;
  /** Go on although cells were trained on other videos. @default false */
  changedData?: boolean;
  /** @default the standard streams */
  output?: Output;
}

/** A cell and how it ended; null for one that has not, or is skipped. */
export interface EndedCell {
  readonly plan: CellPlan;
  readonly result: CellResult | null;
}

/** What an ablation came to. */
export interface AblationResult {
  /** Its folder. */
  readonly folder: string;
  /** Its grid. */
  readonly record: AblationRecord;
  /** Every cell of the grid, those of other shards too. */
  readonly cells: readonly EndedCell[];
  /** Cells of this process that failed. */
  readonly failed: readonly EndedCell[];
  /** Whether it was told to stop. */
  readonly stopped: boolean;
}

/** The folder of an ablation. */
export function ablationFolder({ name, out }: Pick<AblateTask, "name" | "out">): string {
  return out ?? `runs/${name}`;
}

function recordOf(task: AblateTask, cells: readonly PlannedCell[]): AblationRecord {
  return {
    format: "videoms-ablation",
    version: 1,
    name: task.name,
    task: JSON.parse(JSON.stringify(task)) as Json,
    axes: Object.entries(task.axes).map(([title, levels]) => ({
      title,
      labels: Object.keys(levels),
    })),
    seeds: task.seeds,
    baseline: task.baseline,
    measure: task.measure,
    cells: cells.map(({ plan }) => plan),
  };
}

/**
 * Measures the speed of pre-trainings by short runs, each once; what was measured before is kept, so that
 * processes that share the folder go by the same speeds.
 */
function stepTimer(folder: string, registry: Registry, run: RunHooks) {
  return (cells: readonly CellTasks[]): Promise<SecondsPerStep> =>
    inTurn(folder, async () => {
      const seconds = new Map<string, number>();
      for (const { pretrain: task } of cells) {
        const id = timingId(task!);
        if (seconds.has(id)) continue;
        const out = join(folder, "timing", id);
        // Speed does not depend on which videos these are.
        const options = { ...run, changedData: true };
        const { stopped } = await pretrain({ ...timingTask(task!), out }, registry, options);
        if (stopped) throw run.signal.reason;
        const log = await readLog(join(out, "log.jsonl"));
        seconds.set(id, secondsPerStep(log, clipsPerStep(task!)));
      }
      return seconds;
    });
}

/** Tells where an ablation stands, and how long the rest may take by what the cells done so far took. */
class GridProgress {
  readonly #total: number;
  readonly #tell: (text: string) => void;
  #left: number;
  #doneCost = 0;
  #doneSeconds = 0;
  #count = 0;

  constructor(cells: readonly PlannedCell[], tell: (text: string) => void) {
    this.#total = cells.length;
    this.#tell = tell;
    this.#left = cells.reduce((sum, cell) => sum + plannedCost(cell), 0);
  }

  /** A cell is taken up, or known already. */
  take({ plan }: PlannedCell, what = ""): void {
    this.#count++;
    const seconds = this.#doneSeconds / this.#doneCost * this.#left;
    const eta = this.#doneCost > 0 && what === "" ? `, ETA ${formatDuration(seconds)}` : "";
    this.#tell(`cell ${this.#count} of ${this.#total}: ${plan.name}${what}${eta}`);
  }

  /** A cell has ended, after so many seconds of this process; none for one that was known. */
  end(cell: PlannedCell, seconds: number | null): void {
    const cost = plannedCost(cell);
    this.#left -= cost;
    if (seconds === null) return;
    this.#doneCost += cost;
    this.#doneSeconds += seconds;
  }
}

/** What the cells of a process share. */
interface Work {
  readonly folder: string;
  readonly registry: Registry;
  readonly run: RunHooks;
  readonly progress: GridProgress;
}

/**
 * Works on one cell, unless it is done or another process has it.
 *
 * @returns whether to go on
 */
async function workOn(cell: PlannedCell, work: Work): Promise<boolean> {
  const { folder, registry, run, progress } = work;
  const { id, name } = cell.plan;
  using lock = await lockCell(folder, id);
  if (!lock) {
    progress.take(cell, ", another process is at it");
    progress.end(cell, null);
    return true;
  }
  if ((await readResult(folder, id))?.status === "done") {
    progress.take(cell, ", done before");
    progress.end(cell, null);
    return true;
  }
  progress.take(cell);
  const start = performance.now();
  const started = new Date().toISOString();
  const ended = (rest: Omit<CellResult, "id" | "started" | "ended">): Promise<void> =>
    writeResult(folder, { id, started, ended: new Date().toISOString(), ...rest });
  const stages: CellStage[] = [];
  try {
    const place = cellPlace(id);
    if (!await runCell(cell, join(folder, place), place, registry, run, stages)) return false;
    await ended({ status: "done", stages });
  } catch (error) {
    if (run.signal.aborted) return false;
    const reason = error instanceof Error ? error.message : String(error);
    run.output.printError(`Failed: ${name}: ${reason}`);
    await ended({ status: "failed", reason, stages });
  }
  progress.end(cell, (performance.now() - start) / 1000);
  return true;
}

/**
 * Runs the cells of an ablation, one after the other, and keeps how each ended. A cell that is done is not
 * run again, also in a changed grid; one that was stopped or killed goes on from its last checkpoint; one that
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
  const { printError: tell } = output;
  const run = { signal, output, changedData };
  const folder = ablationFolder(task);
  const cells = await planCells(task, registry, stepTimer(folder, registry, run));
  const able = cells.filter(({ plan }) => !plan.skip);
  for (const { plan: { name, skip } } of cells) {
    if (skip) tell(`Skipped (${skip.kind}): ${name}: ${skip.reason}`);
  }
  if (able.length === 0) {
    throw new RangeError(
      `Cannot ablate: a cell must be possible, got ${cells[0].plan.skip!.reason}`,
    );
  }
  if (!changedData) await checkCellData(able, folder, registry, signal);
  const record = recordOf(task, cells);
  await inTurn(folder, async () => {
    await writeRecord(folder, record);
    await drawMasks(cells, folder, registry, signal);
  });
  const own = shardRows(able.length, shard).map((row) => able[row]);
  const work = { folder, registry, run, progress: new GridProgress(own, tell) };
  let stopped = false;
  for (const cell of own) {
    stopped = signal.aborted || !await workOn(cell, work);
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
