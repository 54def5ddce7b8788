import { dirname, join } from "node:path";

/** The environment variable for the folder of temporary files. */
const TEMPORARY = Deno.build.os === "windows" ? "TMP" : "TMPDIR";

/** Prefix of scratch folder names. */
const PREFIX = "videoms-clips-";

/** Age at which a folder is abandoned: decoding a group takes minutes at most. */
const ABANDONED_MS = 60 * 60 * 1000;

/** Milliseconds that a program that is left spends on removing a folder. */
const REMOVE_MS = 2000;

/**
 * Runs `work` with a new folder for temporary files and removes it afterwards, also on `Deno.exit` at any moment.
 *
 * @param parent folder to create it in; if undefined, the system's folder for temporary files (`TMPDIR`)
 * @throws {Error} if the folder cannot be created
 */
export async function withScratchFolder<T>(
  parent: string | undefined,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = makeScratchFolder(parent);
  const removeNow = () => removeAtExit(folder);
  addEventListener("unload", removeNow);
  try {
    await sweepAbandoned(dirname(folder));
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
    removeEventListener("unload", removeNow); // only now: a removal under way ends with the program
  }
}

/** Synchronous, or the program could end after the folder was created and before anyone knew of it. */
function makeScratchFolder(dir: string | undefined): string {
  try {
    return Deno.makeTempDirSync({ dir, prefix: PREFIX });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error; // names the permission to give
    const [named, value, advice] = dir !== undefined
      ? ['the option "scratch"', dir, "choose another folder"]
      : [TEMPORARY, Deno.env.get(TEMPORARY), `create it, or unset ${TEMPORARY}`];
    throw new Error(
      `Cannot decode clips: ${named} must be a writable folder, got ` +
        `${value === undefined ? "nothing" : `"${value}"`} (${
          (error as Error).message
        }); ${advice}`,
    );
  }
}

/** Removes a folder that ffmpeg may still write to, or that is being removed by another thread: either makes it fail. */
function removeAtExit(folder: string): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const end = performance.now() + REMOVE_MS;
  do {
    try {
      Deno.removeSync(folder, { recursive: true });
    } catch {
      // Looked at below.
    }
    try {
      Deno.lstatSync(folder);
    } catch {
      return; // it is gone
    }
    Atomics.wait(pause, 0, 0, 1);
  } while (performance.now() < end);
}

const swept = new Set<string>();

/** Removes folders left by killed processes, once per process and parent folder. */
async function sweepAbandoned(parent: string): Promise<void> {
  if (swept.has(parent)) return;
  swept.add(parent);
  for await (const { name, isDirectory } of Deno.readDir(parent)) {
    if (!isDirectory || !name.startsWith(PREFIX)) continue;
    const path = join(parent, name);
    // Another process may sweep at the same time, or the folder may belong to another user.
    const { mtime } = await Deno.stat(path).catch(() => ({ mtime: null }));
    if (mtime && Date.now() - mtime.getTime() > ABANDONED_MS) {
      await Deno.remove(path, { recursive: true }).catch(() => {});
    }
  }
}
