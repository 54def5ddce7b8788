import { dirname } from "node:path";
import type { FileStamp } from "./probe_video.ts";
import type { VideoRecord } from "./video_record.ts";

/** A line of the cache: the record of a file, or why it has none. */
export type CacheLine = VideoRecord | (FileStamp & { readonly error: string });

/** First line of a cache file; a file that starts otherwise is begun anew. */
const HEADER = JSON.stringify({ format: "videoms-video-index", version: 2 });

/** Outdated lines, over current ones, from which a cache file is written anew. */
const MOST_OUTDATED = 1;

/** What is known of files, kept as it is found. */
export interface IndexCache {
  /** The line of a path, or undefined. */
  get(path: string): CacheLine | undefined;
  /** Keeps a line, in memory and at the end of the file at once: a kill loses none. */
  add(line: CacheLine): Promise<void>;
  /** Lets go of the file. */
  close(): void;
}

/** A cache that is kept nowhere. */
export function emptyCache(): IndexCache {
  const lines = new Map<string, CacheLine>();
  return {
    get: (path) => lines.get(path),
    add: (line) => Promise.resolve(void lines.set(line.path, line)),
    close: () => {},
  };
}

/**
 * Opens an index cache: JSON Lines, one object a file, of which the last with a path counts. A missing
 * file, one of another version or a damaged line only mean that files are looked at again. Lines are
 * added with single writes at the end, so several processes may share a cache.
 */
export async function openIndexCache(file: string): Promise<IndexCache> {
  const { lines, outdated, whole } = await readLines(file);
  if (!whole || outdated > MOST_OUTDATED * lines.size) await rewrite(file, lines.values());
  const out = await Deno.open(file, { append: true });
  const encoder = new TextEncoder();
  let last: Promise<unknown> = Promise.resolve();
  return {
    get: (path) => lines.get(path),
    async add(line) {
      lines.set(line.path, line);
      const bytes = encoder.encode(JSON.stringify(line) + "\n");
      await (last = last.then(() => out.write(bytes)));
    },
    close: () => out.close(),
  };
}

/** The lines of a cache file; it is whole if it starts and ends as one does. */
async function readLines(
  file: string,
): Promise<{ lines: Map<string, CacheLine>; outdated: number; whole: boolean }> {
  const lines = new Map<string, CacheLine>();
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { lines, outdated: 0, whole: false };
  }
  const [header, ...rest] = text.split("\n");
  if (header !== HEADER) return { lines, outdated: 0, whole: false };
  let count = 0;
  for (const content of rest) {
    try {
      const line = JSON.parse(content) as CacheLine;
      lines.set(line.path, line);
      count++;
    } catch {
      // A cut or empty line: its file is looked at again.
    }
  }
  return { lines, outdated: count - lines.size, whole: text.endsWith("\n") };
}

/** Writes a cache file in one step: readers see the old file or the new one. */
async function rewrite(file: string, lines: Iterable<CacheLine>): Promise<void> {
  await Deno.mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${Deno.pid}.tmp`;
  const text = [HEADER, ...Array.from(lines, (line) => JSON.stringify(line))].join("\n");
  try {
    await Deno.writeTextFile(temporary, text + "\n");
    await Deno.rename(temporary, file);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

/** Whether a line still describes the file as it is now. */
export function isCurrent(line: CacheLine | undefined, stamp: FileStamp): line is CacheLine {
  return line !== undefined && line.size === stamp.size && line.mtimeMs === stamp.mtimeMs;
}
