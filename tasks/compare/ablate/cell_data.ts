import { join } from "node:path";
import type { Registry } from "@videoms/core";
import {
  dataDifference,
  type DataIdentity,
  type DataRecord,
  dataRecord,
  isSameData,
  prepareVideos,
  readData,
} from "@videoms/data";
import { CheckpointStore } from "@videoms/data/files";
import { readRecord } from "../../runs/folder/run_record.ts";
import type { AnyTask } from "../../definition/task_kinds.ts";
import { stagePlace } from "./cell_store.ts";
import type { PlannedCell } from "./plan_cells.ts";

/** Cells that a message names before it says how many more there are. */
const NAMED = 3;

/** What data sets have now; each is read once. */
function presentData(registry: Registry, signal: AbortSignal) {
  const known = new Map<string, Promise<{ record: DataRecord; data: DataIdentity }>>();
  const prepare = async (task: AnyTask) => {
    const { data } = await prepareVideos(task, registry, { signal });
    return { record: dataRecord(data), data };
  };
  return (task: AnyTask) => {
    const key = JSON.stringify(task.data.dataset);
    const present = known.get(key) ?? prepare(task);
    known.set(key, present);
    return present;
  };
}

/** What of a cell's data has changed since its trainings were begun; nothing for trainings without a checkpoint. */
async function changesOf(
  cell: PlannedCell,
  folder: string,
  now: ReturnType<typeof presentData>,
): Promise<string[]> {
  const changes: string[] = [];
  for (const [stage, task] of Object.entries(cell.tasks) as [string, AnyTask][]) {
    const run = join(folder, await stagePlace(folder, cell.plan, stage));
    const record = (await readRecord(run).catch(() => null))?.data as DataRecord | undefined;
    if (!record || (await new CheckpointStore(join(run, "checkpoints")).steps()).length === 0) {
      continue;
    }
    const present = await now(task);
    if (isSameData(record, present.record)) continue;
    const before = { record, data: await readData(run) };
    const { changed } = await dataDifference(before, present);
    changes.push(...changed.map((text) => `${stage}, ${text}`));
  }
  return changes;
}

/**
 * Compares the videos of cells that were trained, wholly or in part, with those that the rest would get: a
 * comparison of cells is worth nothing where they differ.
 *
 * @throws {Error} if videos, labels or lists have changed; says what, and of which cells
 */
export async function checkCellData(
  cells: readonly PlannedCell[],
  folder: string,
  registry: Registry,
  signal: AbortSignal,
): Promise<void> {
  const now = presentData(registry, signal);
  const named: string[] = [];
  for (const cell of cells) {
    const changes = await changesOf(cell, folder, now);
    if (changes.length > 0) named.push(`${cell.plan.name} (${changes.join("; ")})`);
  }
  if (named.length === 0) return;
  const more = named.length > NAMED ? ` and ${named.length - NAMED} more` : "";
  throw new Error(
    `Cannot run the ablation in "${folder}": every cell must have the same videos, got others than those of ` +
      `${
        named.slice(0, NAMED).join(", ")
      }${more}. Undo the change, choose another folder with --out, or ` +
      "compare cells of different videos all the same with --changed-data.",
  );
}
