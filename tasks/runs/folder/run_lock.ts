import { join } from "node:path";

/** Name of the lock file in a run folder. */
export const LOCK_FILE = ".lock";

/** A folder that no other process writes to; disposing of it lets go. */
export interface RunLock extends Disposable {
  /** Lets go of the folder; harmless when it is done already. */
  release(): void;
}

/** Another process, or another run of this one, has the folder. */
export class FolderInUseError extends Error {
  override readonly name = "FolderInUseError";
}

/** Who holds a lock, as the lock file tells. */
async function holder(path: string): Promise<string> {
  try {
    const { pid, since } = JSON.parse(await Deno.readTextFile(path));
    return `process ${pid}, since ${since}`;
  } catch {
    return "another process"; // Windows lets nobody read a locked file; or it is being written
  }
}

/**
 * Takes a run folder for this process.
 *
 * The lock is the operating system's, on an open file: it ends with its process however that ends,
 * so there are no stale locks. The file only says who holds it.
 *
 * @throws {FolderInUseError} if another process, or another run of this one, has the folder
 */
export async function lockRunFolder(folder: string): Promise<RunLock> {
  const path = join(folder, LOCK_FILE);
  const file = await Deno.open(path, { read: true, write: true, create: true });
  if (!await file.tryLock(true)) {
    file.close();
    throw new FolderInUseError(
      `Cannot run in "${folder}": only one run may write to it, got ${await holder(path)}. ` +
        "Wait for that run, stop it, or give this one another folder with --out.",
    );
  }
  await file.truncate(0);
  await file.write(new TextEncoder().encode(
    JSON.stringify({ pid: Deno.pid, since: new Date().toISOString() }) + "\n",
  ));
  let held = true;
  const release = () => {
    if (held) file.close(); // closing unlocks
    held = false;
  };
  return { release, [Symbol.dispose]: release };
}
