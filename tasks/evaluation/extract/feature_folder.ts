import { type Json, type StoredTensor, writeSafetensors } from "@videoms/core";
import {
  ifThere,
  isFile,
  lockFolder,
  removeEntries,
  removePartials,
  requireOwnFolder,
  writeAtomically,
  writeJson,
} from "@videoms/data/files";
import { join } from "node:path";
import { byPlace, decodePart, encodePart, type FeaturePart, type IndexRow } from "@videoms/models";
import { describeDifferences, taskDifference } from "../../runs/folder/task_difference.ts";

const OWN_ENTRIES = /^(extraction\.json|index\.jsonl|shard-\d{5}\.(safetensors|jsonl|part))$/;

const RECORD_FILE = "extraction.json";

/** What says how features were taken: equal settings give equal features. */
export type ExtractionSettings = Readonly<Record<string, Json>>;

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

/** Refuses a folder with anything in it but features that were taken in the same way. */
async function checkEarlier(folder: string, settings: ExtractionSettings): Promise<void> {
  const own = { act: "write features to", what: "features", record: RECORD_FILE };
  if (!await requireOwnFolder(folder, own)) return;
  const earlier = JSON.parse(await Deno.readTextFile(join(folder, RECORD_FILE)));
  const differences = taskDifference(earlier, settings);
  if (differences.length === 0) return;
  throw new Error(
    `Cannot resume the extraction to "${folder}": features must be taken as those that are there, got ` +
      `${
        describeDifferences(differences)
      }. Choose another folder with --out, or delete them with --fresh.`,
  );
}

/** A folder of features that belongs to this process until it is disposed of. */
export class FeatureFolder implements Disposable {
  /** Path of the index, which is written last. */
  readonly index: string;
  readonly #folder: string;
  readonly #settings: ExtractionSettings;
  readonly #lock: Disposable;

  constructor(folder: string, settings: ExtractionSettings, lock: Disposable) {
    this.index = join(folder, "index.jsonl");
    this.#folder = folder;
    this.#settings = settings;
    this.#lock = lock;
  }

  /** The rows of a shard are written after it, so that they say that it is whole. */
  #rowsFile(shard: number): string {
    return join(this.#folder, `${shardName(shard)}.jsonl`);
  }

  #partFile(shard: number): string {
    return join(this.#folder, `${shardName(shard)}.part`);
  }

  isDone(): Promise<boolean> {
    return isFile(this.index);
  }

  /** Whether a shard is there and whole. */
  hasShard(shard: number): Promise<boolean> {
    return isFile(this.#rowsFile(shard));
  }

  /** The front of a shard that an earlier process was stopped in; null if there is none. */
  async loadPart(shard: number): Promise<FeaturePart | null> {
    const path = this.#partFile(shard);
    const bytes = await ifThere(Deno.readFile(path));
    try {
      return bytes && decodePart(bytes, path);
    } catch (error) {
      throw new Error(`${(error as Error).message}. Delete it to go on without.`, { cause: error });
    }
  }

  /** Writes the front of a shard, to be gone on from. */
  async savePart(shard: number, part: FeaturePart): Promise<void> {
    await writeAtomically(this.#partFile(shard), encodePart(part));
  }

  /** Writes a shard, whole or not at all. */
  async saveShard(
    shard: number,
    tensors: ReadonlyMap<string, StoredTensor>,
    rows: readonly IndexRow[],
  ): Promise<void> {
    const metadata = { format: "pt", extraction: JSON.stringify(this.#settings) };
    const path = join(this.#folder, shardFile(shard));
    if (tensors.size > 0) await writeAtomically(path, writeSafetensors(tensors, metadata));
    await writeAtomically(this.#rowsFile(shard), lines(rows));
    await ifThere(Deno.remove(this.#partFile(shard)));
  }

  /** Puts the index together from all shards and the rows that are in none. */
  async finish(shards: number, others: readonly IndexRow[]): Promise<IndexRow[]> {
    const files = Array.from({ length: shards }, (_, shard) => this.#rowsFile(shard));
    const rows = [...others, ...(await Promise.all(files.map(readIndex))).flat()].sort(byPlace);
    await writeAtomically(this.index, lines(rows));
    for (const file of files) await Deno.remove(file);
    return rows;
  }

  [Symbol.dispose](): void {
    this.#lock[Symbol.dispose]();
  }
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
  using resources = new DisposableStack();
  const lock = resources.use(await lockFolder(folder, "write features to"));
  await removePartials(folder);
  if (fresh) await removeEntries(folder, OWN_ENTRIES);
  await checkEarlier(folder, settings);
  await writeJson(join(folder, RECORD_FILE), settings);
  resources.move();
  return new FeatureFolder(folder, settings, lock);
}
