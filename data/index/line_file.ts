import { writeAll, writeAtomically } from "../files/write_atomically.ts";
import { ifThere } from "../files/if_there.ts";

/** A file that several processes append lines to and occasionally rewrite. */
export class LineFile {
  readonly #path: string;
  #out: Deno.FsFile;

  private constructor(path: string, out: Deno.FsFile) {
    this.#path = path;
    this.#out = out;
  }

  /** Opens or creates a file in an existing folder. */
  static async open(path: string): Promise<LineFile> {
    return new LineFile(path, await openEnd(path));
  }

  /** Appends text in one piece. */
  append(text: string): Promise<void> {
    return this.#locked(() => writeAll(this.#out, new TextEncoder().encode(text)));
  }

  /**
   * Rewrites the file atomically: readers see the old or the new one.
   *
   * @param content called under the lock; returns the new content, or null to keep the file
   */
  rewrite(content: () => Promise<string | null>): Promise<void> {
    return this.#locked(async () => {
      const text = await content();
      if (text === null) return;
      await writeAtomically(this.#path, text);
      this.#out.close(); // unlocks the old file; waiting processes find the new one
      this.#out = await openEnd(this.#path);
    });
  }

  /** Closes the file. */
  close(): void {
    this.#out.close();
  }

  /** Runs some work while holding the lock of the file that is at the path now. */
  async #locked(work: () => Promise<void>): Promise<void> {
    for (;;) {
      const out = this.#out;
      const isLocked = await lock(out);
      try {
        if (await isAt(this.#path, out)) return await work();
      } finally {
        if (isLocked && out === this.#out) await out.unlock();
      }
      out.close(); // another process has rewritten the file
      this.#out = await openEnd(this.#path);
    }
  }
}

function openEnd(path: string): Promise<Deno.FsFile> {
  return Deno.open(path, { append: true, create: true });
}

/** Waits for the system's file lock, which ends with the process; false on drives without locks. */
async function lock(file: Deno.FsFile): Promise<boolean> {
  try {
    await file.lock(true);
    return true;
  } catch {
    return false; // single appends are atomic without it on nearly all drives
  }
}

/** Whether an open file is the one at a path; true if the system cannot tell. */
async function isAt(path: string, file: Deno.FsFile): Promise<boolean> {
  const [own, there] = [await file.stat(), await ifThere(Deno.stat(path))];
  return there?.ino === own.ino && there.dev === own.dev;
}
