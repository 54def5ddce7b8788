import { dirname, join } from "node:path";

/** The environment variable for the folder of temporary files. */
const TEMPORARY = Deno.build.os === "windows" ? "TMP" : "TMPDIR";

/** Prefix of scratch folder names. */
const PREFIX = "videoms-clips-";

/** Age at which a folder is abandoned: decoding a group takes minutes at most. */
const ABANDONED_MS = 60 * 60 * 1000;

/**
 * Runs `work` with a new folder for temporary files and removes it afterwards, also on `Deno.exit`.
 *
 * @param parent folder to create it in; if undefined, the system's folder for temporary files (`TMPDIR`)
 * @throws {Error} if the folder cannot be created
 */
export async function withScratchFolder<T>(
  parent: string | undefined,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await makeScratchFolder(parent);
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
