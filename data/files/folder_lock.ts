import { join } from "node:path";

/** Name of the lock file in a folder. */
export const LOCK_FILE = ".lock";

/** Another process, or other work of this one, has the folder. */
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
 * Takes a folder for this process until the lock is disposed of.
 *
 * The lock is the operating system's, on an open file: it ends with its process however that ends,
 * so there are no stale locks. The file only says who holds it.
 *
 * @param act what the folder is needed for, for messages: "run in"
 * @throws {FolderInUseError} if another process, or other work of this one, has the folder
 */
export async function lockFolder(folder: string, act: string): Promise<Disposable> {
  const path = join(folder, LOCK_FILE);
  const file = await Deno.open(path, { read: true, write: true, create: true });
  if (!await file.tryLock(true)) {
    file.close();
    throw new FolderInUseError(
      `Cannot ${act} "${folder}": only one process may write to it, got ${await holder(path)}. ` +
        "Wait for it, stop it, or choose another folder with --out.",
    );
  }
  await file.truncate(0);
  await file.write(new TextEncoder().encode(
    JSON.stringify({ pid: Deno.pid, since: new Date().toISOString() }) + "\n",
  ));
  let held = true;
  return {
    [Symbol.dispose]() {
      if (held) file.close(); // closing unlocks
      held = false;
    },
  };
}
