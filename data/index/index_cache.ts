import { dirname } from "node:path";
import type { FileStamp } from "./probe_video.ts";
import type { VideoRecord } from "./video_record.ts";

/** A line of the cache: the record of a file, or why it has none. */
export type CacheLine = VideoRecord | (FileStamp & { readonly error: string });

/** First line of a cache file; a file that starts otherwise is not used. */
const HEADER = JSON.stringify({ format: "videoms-video-index", version: 2 });

/**
 * Reads an index cache: one JSON object a line, by path. A missing file, one of another version or a
 * damaged line only mean that files are looked at again.
 */
export async function readIndexCache(file: string): Promise<Map<string, CacheLine>> {
  const lines = new Map<string, CacheLine>();
  let text = "";
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const [header, ...rest] = text.split("\n");
  if (header !== HEADER) return lines;
  for (const content of rest) {
    try {
      const line = JSON.parse(content) as CacheLine;
      lines.set(line.path, line);
    } catch {
      // A cut or empty line: its file is looked at again.
    }
  }
  return lines;
}

/** Writes an index cache in one step: readers see the old file or the new one. */
export async function writeIndexCache(file: string, lines: Iterable<CacheLine>): Promise<void> {
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
