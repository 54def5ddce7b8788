import { basename, dirname, join } from "node:path";

/** Suffix of files being written; left-over ones may be deleted. */
export const PARTIAL_ENDING = ".partial";

/** Pieces of a file, in order. */
export type ByteParts = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Writes a whole chunk, since a single write may be short. */
export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let from = 0; from < bytes.length;) from += await file.write(bytes.subarray(from));
}

/** Explains a write error if the disk is full. */
function writeError(path: string, error: unknown): unknown {
  const { code = "" } = error as { code?: string };
  if (!(error instanceof Error) || !["ENOSPC", "EDQUOT"].includes(code)) return error;
  return new Error(
    `Cannot write "${path}": the disk must have room for it, got: ${error.message}. What was written ` +
      "before is intact: free some space and run the same command again.",
  );
}

/** Syncs a folder's entries to disk, if the system can. */
async function syncFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return; // folders cannot be opened on Windows
  using folder = await Deno.open(path, { read: true });
  await folder.sync();
}

/** A complete file on disk, beside its destination. */
export interface StagedFile {
  /** Moves it to its destination. */
  place(): Promise<void>;
  /** Deletes it. */
  discard(): Promise<void>;
}

/**
 * Writes a complete file to disk beside its destination, which is unchanged until it is placed.
 *
 * @param parts text, or the file's pieces
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
 * Writes a file atomically: a reader, or a crash at any moment, finds either the old or the new file
 * complete. It is written beside the destination, synced and renamed.
 *
 * @param parts text, or the pieces of the file
 */
export async function writeAtomically(path: string, parts: string | ByteParts): Promise<void> {
  await (await stageFile(path, parts)).place();
}

/** Deletes partial files that interrupted writes left in a folder. */
export async function removePartials(folder: string): Promise<void> {
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile && name.startsWith(".") && name.endsWith(PARTIAL_ENDING)) {
      await Deno.remove(join(folder, name));
    }
  }
}
