import { join } from "node:path";
import {
  FolderInUseError,
  ifThere,
  LOCK_FILE,
  lockFolder,
  readJsonIfThere,
  writeJson,
} from "@videoms/data/files";
import type { AblationRecord, CellPlan, CellResult } from "./ablation_record.ts";

const RECORD_FILE = "ablation.json";
const RESULT_FILE = "cell.json";

/** The folder of a cell, relative to the ablation's. */
export function cellPlace(id: string): string {
  return `cells/${id}`;
}

/**
 * The folder of a stage of a cell, relative to the ablation's. Cells share the runs of pre-trainings, unless an earlier
 * version has put one into the cell's own folder.
 */
export async function stagePlace(
  folder: string,
  { id, pretraining }: Pick<CellPlan, "id" | "pretraining">,
  stage: string,
): Promise<string> {
  const own = `${cellPlace(id)}/${stage}`;
  const isShared = stage === "pretrain" && pretraining &&
    await ifThere(Deno.stat(join(folder, own))) === null;
  return isShared ? `pretrainings/${pretraining}` : own;
}

/** Writes what an ablation's grid is; one that another grid was in keeps its cells. */
export async function writeRecord(folder: string, record: AblationRecord): Promise<void> {
  await writeJson(join(folder, RECORD_FILE), record);
}

/**
 * The grid of an ablation; null if the folder has none.
 *
 * @throws {Error} if it is damaged or of another version
 */
export async function readAblation(folder: string): Promise<AblationRecord | null> {
  const record = await readJsonIfThere<AblationRecord>(join(folder, RECORD_FILE));
  if (!record || (record.format === "videoms-ablation" && record.version === 1)) return record;
  throw new Error(
    `Cannot read the ablation in "${folder}": it must be of version 1, ` +
      `got ${record.format} ${record.version}`,
  );
}

/** How a cell ended; null if it has not. */
export function readResult(folder: string, id: string): Promise<CellResult | null> {
  return readJsonIfThere<CellResult>(join(folder, cellPlace(id), RESULT_FILE));
}

export async function writeResult(folder: string, result: CellResult): Promise<void> {
  await writeJson(join(folder, cellPlace(result.id), RESULT_FILE), result);
}

/** Does work on an ablation's folder that other processes wait for, and waits for theirs. */
export async function inTurn<T>(folder: string, work: () => Promise<T>): Promise<T> {
  await Deno.mkdir(folder, { recursive: true });
  using file = await Deno.open(join(folder, LOCK_FILE), { write: true, create: true });
  await file.lock(true); // ends with the file, however the process ends
  return await work();
}

/** Takes a cell for this process; null if another one has it. */
export async function lockCell(folder: string, id: string): Promise<Disposable | null> {
  const cell = join(folder, cellPlace(id));
  await Deno.mkdir(cell, { recursive: true });
  try {
    return await lockFolder(cell, "run in");
  } catch (error) {
    if (error instanceof FolderInUseError) return null;
    throw error;
  }
}
