import { emptyLineStore, type LineStore, openLineStore } from "./line_store.ts";
import type { FileStamp } from "./probe_video.ts";
import type { VideoRecord } from "./video_record.ts";

/** A line of the cache: the record of a file, or why it has none. */
export type CacheLine = VideoRecord | (FileStamp & { readonly error: string });

/** What is known of files, kept as it is found. */
export type IndexCache = LineStore<CacheLine>;

/** Opens an index cache, one that is kept nowhere without a file. */
export async function openIndexCache(file: string | undefined): Promise<IndexCache> {
  if (file === undefined) return emptyLineStore();
  return await openLineStore(file, { format: "videoms-video-index", version: 2 });
}

/** Whether what is known of a file still describes it as it is now. */
export function isCurrent<Line extends FileStamp>(
  line: Line | undefined,
  stamp: FileStamp,
): line is Line {
  return line !== undefined && line.size === stamp.size && line.mtimeMs === stamp.mtimeMs;
}
