import { basename, dirname, join } from "node:path";

/** Ending of a file that is being written; whatever bears it may be deleted. */
export const PARTIAL_ENDING = ".partial";

/** Pieces of a file, in order. */
export type ByteParts = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Writes the whole of a chunk; a single write may take only the front of it. */
export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let from = 0; from < bytes.length;) from += await file.write(bytes.subarray(from));
}

/** An error of writing a file, for people where the disk is full. */
function writeError(path: string, error: unknown): unknown {
  const { code = "" } = error as { code?: string };
  if (!(error instanceof Error) || !["ENOSPC", "EDQUOT"].includes(code)) return error;
  return new Error(
    `Cannot write "${path}": the disk must have room for it, got: ${error.message}. What was written ` +
      "before is whole: free some space, and the same command goes on.",
  );
}

/** Asks the disk to keep a folder's entries, where the system can. */
async function syncFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return; // folders cannot be opened there
  using folder = await Deno.open(path, { read: true });
  await folder.sync();
}

/** A file that is whole on the disk, beside its place. */
export interface StagedFile {
  /** Puts it in its place. */
  place(): Promise<void>;
  /** Deletes it. */
  discard(): Promise<void>;
}

/**
 * Writes a partial file beside a place, to the disk. Until it is placed, whatever is there stays.
 *
 * @param parts text, or the pieces of the file
 */
export async function stageFile(path: string, parts: string | ByteParts): Promise<StagedFile> {
  const partial = join(dirname(path), `.${basename(path)}${PARTIAL_ENDING}`);
  try {
    using file = await Deno.open(partial, { write: true, create: true, truncate: true });
    const pieces = typeof parts === "string" ? [new TextEncoder().encode(parts)] : parts;
    for await (const piece of pieces) await writeAll(file, piece);
    await file.sync();
  } catch (error) {
    await Deno.remove(partial).catch(() => {});
    throw writeError(path, error);
  }
  return {
    async place() {
      await Deno.rename(partial, path);
      await syncFolder(dirname(path));
    },
    discard: () => Deno.remove(partial),
  };
}

/**
 * Writes a file so that a reader, or a crash at any moment, finds the old file or the new one whole:
 * to a partial file beside it, then to the disk, then by a rename to its place.
 *
 * @param parts text, or the pieces of the file
 */
export async function writeAtomically(path: string, parts: string | ByteParts): Promise<void> {
  await (await stageFile(path, parts)).place();
}

/** Deletes what writes that were cut off left in a folder. */
export async function removePartials(folder: string): Promise<void> {
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile && name.startsWith(".") && name.endsWith(PARTIAL_ENDING)) {
      await Deno.remove(join(folder, name));
    }
  }
}
