import { writeAll, writeAtomically } from "../files/write_atomically.ts";
import { ifThere } from "../files/if_there.ts";

/** A file that several processes add lines to, and now and then one of them writes anew. */
export class LineFile {
  readonly #path: string;
  #out: Deno.FsFile;

  private constructor(path: string, out: Deno.FsFile) {
    this.#path = path;
    this.#out = out;
  }

  /** Opens a file, and makes it; its folder must be there. */
  static async open(path: string): Promise<LineFile> {
    return new LineFile(path, await openEnd(path));
  }

  /** Adds text at the end, in one piece. */
  append(text: string): Promise<void> {
    return this.#locked(() => writeAll(this.#out, new TextEncoder().encode(text)));
  }

  /**
   * Writes the file anew in one step: readers see the old file or the new one.
   *
   * @param content called when no other process writes; gives the content, or null to leave the file
   */
  rewrite(content: () => Promise<string | null>): Promise<void> {
    return this.#locked(async () => {
      const text = await content();
      if (text === null) return;
      await writeAtomically(this.#path, text);
      this.#out.close(); // unlocks the old file: whoever waits for it finds the new one
      this.#out = await openEnd(this.#path);
    });
  }

  /** Lets go of the file. */
  close(): void {
    this.#out.close();
  }

  /** Does some work while no other process writes to the file that is at the path now. */
  async #locked(work: () => Promise<void>): Promise<void> {
    for (;;) {
      const out = this.#out;
      const isLocked = await lock(out);
      try {
        if (await isAt(this.#path, out)) return await work();
      } finally {
        if (isLocked && out === this.#out) await out.unlock();
      }
      out.close(); // another process has written the file anew
      this.#out = await openEnd(this.#path);
    }
  }
}

function openEnd(path: string): Promise<Deno.FsFile> {
  return Deno.open(path, { append: true, create: true });
}

/** Waits for the system's lock, which ends with the process; false on drives that have none. */
async function lock(file: Deno.FsFile): Promise<boolean> {
  try {
    await file.lock(true);
    return true;
  } catch {
    return false; // single writes at the end do without, on all but a few drives
  }
}

/** Whether an open file is the one at a path; true where the system does not tell. */
async function isAt(path: string, file: Deno.FsFile): Promise<boolean> {
  const [own, there] = [await file.stat(), await ifThere(Deno.stat(path))];
  return there?.ino === own.ino && there.dev === own.dev;
}
