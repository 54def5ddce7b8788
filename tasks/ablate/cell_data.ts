import { join } from "node:path";
import type { Descriptor, Registry } from "@videoms/core";
import {
  dataDifference,
  type DataIdentity,
  type DataRecord,
  dataRecord,
  isSameData,
  prepareVideos,
  readData,
} from "@videoms/data";
import { checkpointSteps } from "../runs/folder/checkpoint_store.ts";
import { readRecord } from "../runs/folder/run_folder.ts";
import type { AnyTask } from "../definition/task_kinds.ts";
import { cellPlace } from "./cell_store.ts";
import type { PlannedCell } from "./plan_cells.ts";

/** Cells that a message names before it says how many more there are. */
const NAMED = 3;

/** What data sets have now; each is looked at once. */
class PresentData {
  readonly #known = new Map<string, Promise<{ record: DataRecord; data: DataIdentity }>>();
  readonly #registry: Registry;
  readonly #signal: AbortSignal;

  constructor(registry: Registry, signal: AbortSignal) {
    this.#registry = registry;
    this.#signal = signal;
  }

  of(task: AnyTask): Promise<{ record: DataRecord; data: DataIdentity }> {
    const dataset: Descriptor = task.data.dataset;
    const key = JSON.stringify(dataset);
    const known = this.#known.get(key) ?? this.#prepare(task);
    this.#known.set(key, known);
    return known;
  }

  async #prepare(task: AnyTask): Promise<{ record: DataRecord; data: DataIdentity }> {
    const { data } = await prepareVideos(task, this.#registry, { signal: this.#signal });
    return { record: dataRecord(data), data };
  }
}

/** What of a cell's data has changed since its trainings were begun; nothing for trainings without a checkpoint. */
async function changesOf(cell: PlannedCell, folder: string, now: PresentData): Promise<string[]> {
  const changes: string[] = [];
  for (const [stage, task] of Object.entries(cell.tasks) as [string, AnyTask][]) {
    const run = join(folder, cellPlace(cell.plan.id), stage);
    const record = (await readRecord(run).catch(() => null))?.data as DataRecord | undefined;
    if (!record || (await checkpointSteps(join(run, "checkpoints"))).length === 0) continue;
    const present = await now.of(task);
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
  const now = new PresentData(registry, signal);
  const named: string[] = [];
  for (const cell of cells) {
    const changes = await changesOf(cell, folder, now);
    if (changes.length > 0) named.push(`${cell.plan.name} (${changes.join("; ")})`);
  }
  if (named.length === 0) return;
  const more = named.length > NAMED ? ` and ${named.length - NAMED} more` : "";
  throw new Error(
    `Cannot ablate in "${folder}": every cell must have the same videos, got others than those of ` +
      `${
        named.slice(0, NAMED).join(", ")
      }${more}. Undo the change, choose another folder with --out, or ` +
      "compare cells of different videos all the same by --changed-data.",
  );
}
