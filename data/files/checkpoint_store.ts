import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Json } from "@videoms/core";
import { folderEntries } from "./folder_entries.ts";
import { ifThere } from "./if_there.ts";
import { type ByteParts, removePartials, stageFile } from "./write_atomically.ts";

/** A checkpoint that was read back whole. */
export interface StoredCheckpoint {
  step: number;
  path: string;
  bytes: Uint8Array<ArrayBuffer>;
  sha256: string;
  info: Json;
}

/** A checkpoint that cannot be used. */
export interface DamagedCheckpoint {
  path: string;
  reason: string;
}

/** Which checkpoints are kept when one is saved. */
export interface Retention {
  /** How many of the last ones, from 1. @default as the store was told */
  last?: number;
  /** Those of every so many steps; 0 for none. @default 0 */
  every?: number;
  /** Those of these steps, such as the best. @default none */
  also?: readonly number[];
}

/** The small file beside the weights; it is written last, so it says that the weights are whole. */
interface Index {
  step: number;
  bytes: number;
  sha256: string;
  saved: string;
  info: Json;
}

const FILE = /^step-(\d{8,})\.(safetensors|json)$/;

/** Bytes that are hashed at a time; one piece must stay below the 2 GiB that the hash takes. */
const HASH_PIECE = 64 * 2 ** 20;

function fileName(step: number, ending: "safetensors" | "json"): string {
  return `step-${String(step).padStart(8, "0")}.${ending}`;
}

function hashOf(bytes: Uint8Array): string {
  const hash = createHash("sha256");
  for (let from = 0; from < bytes.length; from += HASH_PIECE) {
    hash.update(bytes.subarray(from, from + HASH_PIECE));
  }
  return hash.digest("hex");
}

async function readIndex(path: string): Promise<Index> {
  const text = await ifThere(Deno.readTextFile(path));
  if (text === null) throw new Error("its .json is missing, so it may not be whole");
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("its .json is damaged");
  }
}

/** Reads a checkpoint and compares it with its index; the errors end "…, got <reason>". */
async function read(folder: string, step: number): Promise<StoredCheckpoint> {
  const path = join(folder, fileName(step, "safetensors"));
  const index = await readIndex(join(folder, fileName(step, "json")));
  const bytes = await ifThere(Deno.readFile(path));
  if (!bytes) throw new Error("its weights are missing");
  if (bytes.length !== index.bytes) {
    throw new Error(`it should have ${index.bytes} bytes and has ${bytes.length}`);
  }
  if (hashOf(bytes) !== index.sha256) {
    throw new Error("its SHA-256 is not the one it was saved with");
  }
  return { step, path, bytes, sha256: index.sha256, info: index.info };
}

async function removeCheckpoint(folder: string, step: number): Promise<void> {
  // The index goes first: weights without it count as not whole, never the other way round.
  for (const ending of ["json", "safetensors"] as const) {
    await ifThere(Deno.remove(join(folder, fileName(step, ending))));
  }
}

/** Passes pieces on while counting and hashing them. */
class Digest {
  readonly #hash = createHash("sha256");
  bytes = 0;

  async *through(parts: ByteParts): AsyncGenerator<Uint8Array> {
    for await (const part of parts) {
      this.#hash.update(part);
      this.bytes += part.length;
      yield part;
    }
  }

  hex(): string {
    return this.#hash.digest("hex");
  }
}

async function writeCheckpoint(
  folder: string,
  step: number,
  parts: ByteParts,
  info: Json,
): Promise<string> {
  const path = join(folder, fileName(step, "safetensors"));
  const indexPath = join(folder, fileName(step, "json"));
  const digest = new Digest();
  const weights = await stageFile(path, digest.through(parts));
  const index: Index = {
    step,
    bytes: digest.bytes,
    sha256: digest.hex(),
    saved: new Date().toISOString(),
    info,
  };
  const text = JSON.stringify(index, null, 2) + "\n";
  const staged = await stageFile(indexPath, text).catch(async (error) => {
    await weights.discard();
    throw error;
  });
  // All is on the disk: a full one costs no checkpoint, not even an earlier one of the same step.
  await Deno.remove(indexPath).catch(() => {}); // an index must never vouch for other weights
  await weights.place();
  await staged.place();
  return path;
}

/** What was found where checkpoints were looked for. */
export interface FoundCheckpoint {
  /** The newest one that is whole; null if none is. */
  checkpoint: StoredCheckpoint | null;
  /** Those that were tried before it. */
  damaged: DamagedCheckpoint[];
}

/**
 * The checkpoints in a folder: `step-00000123.safetensors` and, once that is whole, its `.json`. Reading changes
 * nothing, so it may be done while a run is at work; a folder that is not there has no checkpoints.
 */
export class CheckpointStore {
  readonly #last: number;

  /** @param last how many are kept where a save does not say, from 1 */
  constructor(readonly folder: string, last = 1) {
    this.#last = last;
  }

  /** Makes the folder if it is not there, and deletes what was not written whole. */
  async open(): Promise<this> {
    await Deno.mkdir(this.folder, { recursive: true });
    await removePartials(this.folder);
    return this;
  }

  /**
   * Saves a checkpoint, then deletes old ones. A crash at any moment leaves the former ones usable.
   *
   * @param step optimiser steps behind the checkpoint; checkpoints of later steps are dropped, since
   * the run that made them was cut back
   * @param parts pieces of the weights' file
   * @param info anything to be kept beside it
   * @returns path of the weights' file
   */
  async save(
    step: number,
    parts: ByteParts,
    info: Json,
    { last = this.#last, every = 0, also = [] }: Retention = {},
  ): Promise<string> {
    const path = await writeCheckpoint(this.folder, step, parts, info);
    const steps = await this.steps();
    const newest = steps.filter((one) => one <= step).slice(-last);
    const isKept = (one: number) =>
      newest.includes(one) ||
      (one <= step && (also.includes(one) || (every > 0 && one % every === 0)));
    for (const one of steps) if (!isKept(one)) await removeCheckpoint(this.folder, one);
    return path;
  }

  /** The newest checkpoint that is whole, or that of a step, and newer ones that are not. */
  async find(step?: number): Promise<FoundCheckpoint> {
    const damaged: DamagedCheckpoint[] = [];
    const steps = (await this.steps()).filter((one) => step === undefined || one === step);
    for (const one of steps.reverse()) {
      try {
        return { checkpoint: await read(this.folder, one), damaged };
      } catch (error) {
        const path = join(this.folder, fileName(one, "safetensors"));
        damaged.push({ path, reason: (error as Error).message });
      }
    }
    return { checkpoint: null, damaged };
  }

  /**
   * The checkpoint of a step.
   *
   * @throws {Error} if it is not there or damaged
   */
  async load(step: number): Promise<StoredCheckpoint> {
    const { checkpoint, damaged } = await this.find(step);
    if (checkpoint) return checkpoint;
    const path = join(this.folder, fileName(step, "safetensors"));
    throw new Error(
      `Cannot load checkpoint "${path}": it must be there and whole, got: ` +
        (damaged[0]?.reason ?? "no such file"),
    );
  }

  /** Steps of the checkpoints that are there, ascending, damaged ones too. */
  async steps(): Promise<number[]> {
    const steps = new Set<number>();
    for (const { name } of await folderEntries(this.folder)) {
      const match = FILE.exec(name);
      if (match) steps.add(Number(match[1]));
    }
    return [...steps].sort((a, b) => a - b);
  }
}
