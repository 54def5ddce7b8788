import { join } from "node:path";
import { LOCK_FILE, lockFolder } from "../files/folder_lock.ts";
import { type LineStore, openLineStore } from "../index/line_store.ts";
import type { PreparedForm } from "./prepare_file.ts";
import type { FileStamp } from "../index/probe_video.ts";

/** A source that was prepared: a line of `prepared.jsonl`. */
export interface PreparedLine extends FileStamp {
  /** The prepared file, below the folder, with `/`. */
  readonly output: string;
  /** Bytes of the prepared file, or of all images. */
  readonly outputSize: number;
  /** Requested short side. */
  readonly shortSide: number;
  /** What it was prepared as. @default "video" */
  readonly to?: PreparedForm;
  /** Requested rate. @default every frame */
  readonly fps?: number;
  /** Stated rate of a source of images. @default none */
  readonly imageFps?: number;
  /** The decoder's first complaint about the source, or null. */
  readonly complaint: string | null;
}

/** A source that could not be prepared: a line of `errors.jsonl`. */
export interface FailedLine {
  readonly path: string;
  readonly error: string;
}

/** A folder of prepared files, locked by this process. */
export interface PrepareFolder {
  /** Prepared sources; a line is written before its file is moved to its destination. */
  readonly prepared: LineStore<PreparedLine>;
  /** Failures of the last attempt. */
  readonly failed: LineStore<FailedLine>;
  /** Unlocks the folder. */
  close(): void;
}

/** Names of the files beside the prepared ones. */
export const PREPARE_FILES = {
  prepared: "prepared.jsonl",
  failed: "errors.jsonl",
  lock: LOCK_FILE,
};

/**
 * Opens or creates a folder of prepared files.
 *
 * @param sources paths to try now; their earlier failures are dropped
 * @throws {Error} if another process prepares files in it
 */
export async function openPrepareFolder(
  folder: string,
  sources: ReadonlySet<string>,
): Promise<PrepareFolder> {
  await Deno.mkdir(folder, { recursive: true });
  const lock = await lockFolder(folder, "prepare videos in");
  const opened: { close(): void }[] = [{ close: () => lock[Symbol.dispose]() }];
  const close = () => opened.splice(0).forEach((one) => one.close());
  try {
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
