import { join } from "node:path";
import { LOCK_FILE } from "./folder_lock.ts";
import { ifThere } from "./if_there.ts";
import { PARTIAL_ENDING } from "./write_atomically.ts";

/** What is in a folder, by name; nothing where there is none. Locks and files that are being written are left out. */
export async function folderEntries(folder: string): Promise<Deno.DirEntry[]> {
  const entries = await ifThere(Array.fromAsync(Deno.readDir(folder))) ?? [];
  return entries.filter(({ name }) => name !== LOCK_FILE && !name.endsWith(PARTIAL_ENDING))
    .sort((a, b) => a.name < b.name ? -1 : 1);
}

/** Deletes what a folder has under some names, folders with all that is in them. */
export async function removeEntries(folder: string, names: RegExp): Promise<void> {
  for (const { name } of await folderEntries(folder)) {
    if (names.test(name)) await Deno.remove(join(folder, name), { recursive: true });
  }
}

/** What a folder may hold, and what it is wanted for. */
export interface OwnFolder {
  /** For messages: "run in". */
  readonly act: string;
  /** For messages: "a run". */
  readonly what: string;
  /** The file that says so. */
  readonly record: string;
}

/**
 * Refuses a folder with anything in it but what it is wanted for.
 *
 * @returns whether that is there; else the folder is empty, or not there
 * @throws {Error} if it holds something else; names some of it
 */
export async function requireOwnFolder(
  folder: string,
  { act, what, record }: OwnFolder,
): Promise<boolean> {
  const names = (await folderEntries(folder)).map(({ name }) => name);
  if (names.length === 0 || names.includes(record)) return names.length > 0;
  throw new Error(
    `Cannot ${act} "${folder}": it must be empty or hold ${what}, got ${
      names.slice(0, 3).join(", ")
    } ` +
      `and no ${record}. Choose another folder with --out.`,
  );
}

/**
 * Refuses a path at which something is already.
 *
 * @param force let it be overwritten
 * @throws {Error} that says how to overwrite it
 */
export async function requireAbsent(path: string, force = false): Promise<void> {
  if (force || !await Deno.stat(path).catch(() => null)) return;
  throw new Error(
    `Cannot write "${path}": it must not be there yet, got one. --force overwrites it.`,
  );
}
