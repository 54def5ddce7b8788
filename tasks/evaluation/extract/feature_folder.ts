import { join } from "node:path";
import { type Json, type StoredTensor, writeSafetensors } from "@videoms/core";
import { LOCK_FILE, lockRunFolder } from "../../runs/folder/run_lock.ts";
import { taskDifference } from "../../runs/folder/task_difference.ts";
import { ifThere, isFile, removePartials, writeAtomically } from "@videoms/data/files";
import { decodePart, encodePart, type FeaturePart } from "./feature_part.ts";
import { byPlace, type IndexRow } from "./feature_row.ts";

/** What extraction wrote and may delete. */
const OWN_ENTRIES = /^(extraction\.json|index\.jsonl|shard-\d{5}\.(safetensors|jsonl|part))$/;

const RECORD_FILE = "extraction.json";
const INDEX_FILE = "index.jsonl";

/** What says how features were taken: equal settings give equal features. */
export type ExtractionSettings = Readonly<Record<string, Json>>;

/** A folder of features that belongs to this process until it is closed. */
export interface FeatureFolder extends Disposable {
  /** Path of the index, which is written last. */
  readonly index: string;
  /** Whether everything is there already. */
  readonly isDone: boolean;
  /** Whether a shard is there and whole. */
  hasShard(shard: number): Promise<boolean>;
  /** The front of a shard that an earlier process was stopped in; null if there is none. */
  loadPart(shard: number): Promise<FeaturePart | null>;
  /** Writes the front of a shard, to be gone on from. */
  savePart(shard: number, part: FeaturePart): Promise<void>;
  /** Writes a shard, whole or not at all. */
  saveShard(
    shard: number,
    tensors: ReadonlyMap<string, StoredTensor>,
    rows: readonly IndexRow[],
  ): Promise<void>;
  /** Puts the index together from all shards and the rows that are in none. */
  finish(shards: number, others: readonly IndexRow[]): Promise<IndexRow[]>;
}

export function shardFile(shard: number): string {
  return `${shardName(shard)}.safetensors`;
}

function shardName(shard: number): string {
  return `shard-${String(shard).padStart(5, "0")}`;
}

function lines(rows: readonly IndexRow[]): string {
  return rows.map((row) => JSON.stringify(row) + "\n").join("");
}

export async function readIndex(path: string): Promise<IndexRow[]> {
  const text = await Deno.readTextFile(path);
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

async function readPart(path: string): Promise<FeaturePart | null> {
  const bytes = await ifThere(Deno.readFile(path));
  try {
    return bytes && decodePart(bytes, path);
  } catch (error) {
    throw new Error(`${(error as Error).message}. Delete it to go on without.`, { cause: error });
  }
}

async function removeEarlier(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    if (OWN_ENTRIES.test(name)) await Deno.remove(join(folder, name));
  }
}

/** Refuses a folder with anything in it but features that were taken in the same way. */
async function checkEarlier(folder: string, settings: ExtractionSettings): Promise<void> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) if (name !== LOCK_FILE) names.push(name);
  if (names.length === 0) return;
  const advice = "Choose another folder with --out, or delete them with --fresh.";
  if (!names.includes(RECORD_FILE)) {
    throw new Error(
      `Cannot extract to "${folder}": it must be empty or hold features, got ` +
        `${names.sort().slice(0, 3).join(", ")} and no ${RECORD_FILE}. Choose another with --out.`,
    );
  }
  const earlier = JSON.parse(await Deno.readTextFile(join(folder, RECORD_FILE)));
  const differences = taskDifference(earlier, settings)
    .map(({ path, saved, wanted }) =>
      `${path} was ${JSON.stringify(saved)} and is now ${JSON.stringify(wanted)}`
    );
  if (differences.length === 0) return;
  throw new Error(
    `Cannot go on extracting to "${folder}": features must be taken as those that are there, got ` +
      `${differences.join("; ")}. ${advice}`,
  );
}

/**
 * Opens a folder for features: `extraction.json` says how they are taken, `shard-<n>.safetensors` hold
 * them, `index.jsonl` says which row is where. A folder that an earlier process left unfinished is taken
 * up: its whole shards are kept.
 *
 * @param fresh delete earlier features first
 * @throws {Error} if another process writes there, or it holds something else
 */
export async function openFeatureFolder(
  folder: string,
  settings: ExtractionSettings,
  fresh: boolean,
): Promise<FeatureFolder> {
  await Deno.mkdir(folder, { recursive: true });
  const lock = await lockRunFolder(folder);
  const index = join(folder, INDEX_FILE);
  // The rows of a shard are written after it, so that they say that it is whole.
  const rowsFile = (shard: number) => join(folder, `${shardName(shard)}.jsonl`);
  const partFile = (shard: number) => join(folder, `${shardName(shard)}.part`);
  try {
    await removePartials(folder);
    if (fresh) await removeEarlier(folder);
    await checkEarlier(folder, settings);
    await writeAtomically(join(folder, RECORD_FILE), JSON.stringify(settings, null, 2) + "\n");
    return {
      index,
      isDone: await isFile(index),
      hasShard: (shard) => isFile(rowsFile(shard)),
      loadPart: (shard) => readPart(partFile(shard)),
      savePart: (shard, part) => writeAtomically(partFile(shard), encodePart(part)),
      async saveShard(shard, tensors, rows) {
        const metadata = { format: "pt", extraction: JSON.stringify(settings) };
        const path = join(folder, shardFile(shard));
        if (tensors.size > 0) await writeAtomically(path, writeSafetensors(tensors, metadata));
        await writeAtomically(rowsFile(shard), lines(rows));
        await Deno.remove(partFile(shard)).catch(() => {}); // it has none, unless it was stopped in
      },
      async finish(shards, others) {
        const rows = [...others];
        for (let shard = 0; shard < shards; shard++) rows.push(...await readIndex(rowsFile(shard)));
        rows.sort(byPlace);
        await writeAtomically(index, lines(rows));
        for (let shard = 0; shard < shards; shard++) await Deno.remove(rowsFile(shard));
        return rows;
      },
      [Symbol.dispose]: () => lock.release(),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
