import { statfs } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Memory that Linux offers as a folder; Deno opens it only with all permissions granted. */
const MEMORY_FOLDER = "/dev/shm";

/** The variable that moves the folder for temporary files. */
const TEMPORARY = Deno.build.os === "windows" ? "TMP" : "TMPDIR";

/** Start of a scratch folder's name. */
const PREFIX = "videoms-clips-";

/** A folder this old is no longer in use: decoding a group takes minutes at the very most. */
const ABANDONED_MS = 60 * 60 * 1000;

/** Free bytes the memory folder must have per byte written: other groups decode at the same time. */
const HEADROOM = 4;

/**
 * Runs `work` with the path of a new folder for short-lived files and removes the folder afterwards,
 * also when the program is left with `Deno.exit` meanwhile.
 *
 * @param parent folder to make it in; if undefined, memory if it can be had (see
 * {@linkcode MEMORY_FOLDER}), else the folder for temporary files, which `TMPDIR` may move
 * @param bytes how much will be written
 * @throws {Error} if no folder can be made there
 */
export async function withScratchFolder<T>(
  parent: string | undefined,
  bytes: number,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const dir = parent ?? (await hasMemoryFolder(bytes) ? MEMORY_FOLDER : undefined);
  const folder = await makeScratchFolder(dir);
  await sweepAbandoned(dirname(folder));
  const removeNow = () => Deno.removeSync(folder, { recursive: true });
  addEventListener("unload", removeNow);
  try {
    return await work(folder);
  } finally {
    removeEventListener("unload", removeNow);
    await Deno.remove(folder, { recursive: true });
  }
}

async function makeScratchFolder(dir: string | undefined): Promise<string> {
  try {
    return await Deno.makeTempDir({ dir, prefix: PREFIX });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error; // names the permission to give
    const [named, value, advice] = dir !== undefined
      ? ['the option "scratch"', dir, "name another folder"]
      : [TEMPORARY, Deno.env.get(TEMPORARY), `make it, or unset ${TEMPORARY}`];
    throw new Error(
      `Cannot decode clips: ${named} must name a folder that can be written to, got ` +
        `${value === undefined ? "nothing" : `"${value}"`} (${
          (error as Error).message
        }); ${advice}`,
    );
  }
}

const swept = new Set<string>();

/** Removes what processes that were killed left behind, once per process and parent folder. */
async function sweepAbandoned(parent: string): Promise<void> {
  if (swept.has(parent)) return;
  swept.add(parent);
  for await (const { name, isDirectory } of Deno.readDir(parent)) {
    if (!isDirectory || !name.startsWith(PREFIX)) continue;
    const path = join(parent, name);
    // Another process may sweep at the same time, or the folder be somebody else's.
    const { mtime } = await Deno.stat(path).catch(() => ({ mtime: null }));
    if (mtime && Date.now() - mtime.getTime() > ABANDONED_MS) {
      await Deno.remove(path, { recursive: true }).catch(() => {});
    }
  }
}

async function hasMemoryFolder(bytes: number): Promise<boolean> {
  if (Deno.build.os !== "linux" || !everythingIsAllowed()) return false;
  try {
    const { bavail, bsize } = await statfs(MEMORY_FOLDER);
    return bavail * bsize >= HEADROOM * bytes;
  } catch {
    return false;
  }
}

/** Whether all permissions are granted; trying without would stop the program with a question. */
function everythingIsAllowed(): boolean {
  const names = ["read", "write", "net", "env", "sys", "run", "ffi"] as const;
  return names.every((name) => Deno.permissions.querySync({ name }).state === "granted");
}
