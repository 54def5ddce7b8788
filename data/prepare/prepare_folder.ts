import { join } from "node:path";
import { type LineStore, openLineStore } from "../index/line_store.ts";
import type { FileStamp } from "../index/probe_video.ts";

/** A source that was prepared: a line of `prepared.jsonl`. */
export interface PreparedLine extends FileStamp {
  /** The prepared file, below the folder, with `/`. */
  readonly output: string;
  /** Bytes of the prepared file. */
  readonly outputSize: number;
  /** Short side that was asked for. */
  readonly shortSide: number;
  /** The first thing that the decoder complained about in the source, or null. */
  readonly complaint: string | null;
}

/** A source that could not be prepared: a line of `errors.jsonl`. */
export interface FailedLine {
  readonly path: string;
  readonly error: string;
}

/** A folder of prepared files that this process alone writes to. */
export interface PrepareFolder {
  /** What was prepared, with a line from before its file is in place. */
  readonly prepared: LineStore<PreparedLine>;
  /** What failed when it was last tried. */
  readonly failed: LineStore<FailedLine>;
  /** Lets go of the folder. */
  close(): void;
}

/** Names of the files beside the prepared ones. */
export const PREPARE_FILES = { prepared: "prepared.jsonl", failed: "errors.jsonl", lock: ".lock" };

/**
 * Opens a folder of prepared files, and makes it.
 *
 * @param sources paths that are tried now; their earlier failures are forgotten
 * @throws {Error} if another process prepares files in it
 */
export async function openPrepareFolder(
  folder: string,
  sources: ReadonlySet<string>,
): Promise<PrepareFolder> {
  await Deno.mkdir(folder, { recursive: true });
  const lock = await Deno.open(join(folder, PREPARE_FILES.lock), {
    read: true,
    write: true,
    create: true,
  });
  const opened: { close(): void }[] = [lock]; // closing the lock's file unlocks
  const close = () => opened.splice(0).forEach((one) => one.close());
  try {
    if (!await lock.tryLock(true)) {
      throw new Error(
        `Cannot prepare videos in ${folder}: only one process may write to it, got another one`,
      );
    }
    const prepared = await openLineStore<PreparedLine>(join(folder, PREPARE_FILES.prepared), {
      format: "videoms-prepared",
      version: 1,
    });
    opened.push(prepared);
    const failed = await openLineStore<FailedLine>(join(folder, PREPARE_FILES.failed), {
      format: "videoms-prepare-errors",
      version: 1,
      keep: ({ path }) => !sources.has(path),
    });
    opened.push(failed);
    return { prepared, failed, close };
  } catch (error) {
    close();
    throw error;
  }
}
