import { emptyLineStore, type LineStore, openLineStore } from "./line_store.ts";
import type { FileStamp } from "./probe_video.ts";
import type { VideoRecord } from "./video_record.ts";

/** Options of a cache of facts about files. */
export interface CacheOptions {
  /** JSON Lines file of the cache. @default no file */
  cacheFile?: string;
  /** Files of earlier versions, whose lines are imported. @default none */
  olderCaches?: readonly string[];
  /** Called if the cache cannot be written; the work continues. @default nothing */
  onCacheError?: (error: Error) => void;
}

/** A line of the cache: a file's record, or its error. */
export type CacheLine = VideoRecord | (FileStamp & { readonly error: string });

/** A cache of file records. */
export type IndexCache = LineStore<CacheLine>;

/** Changes with the meaning of lines. */
const VERSION = 4;

/** File name of the index cache, including its version, so that versions can share a folder. */
export const INDEX_CACHE_NAME: string = `video-index-${VERSION}.jsonl`;

/** Opens an index cache, in memory only if there is no file. */
export async function openIndexCache(
  { cacheFile, olderCaches, onCacheError = () => {} }: CacheOptions,
): Promise<IndexCache> {
  if (cacheFile === undefined) return emptyLineStore();
  const format = { format: "videoms-video-index", version: VERSION };
  return await openLineStore(cacheFile, { ...format, older: olderCaches, onCacheError });
}

/** Whether a cached line still describes a file. */
export function isCurrent<Line extends FileStamp>(
  line: Line | undefined,
  stamp: FileStamp,
): line is Line {
  return line !== undefined && line.size === stamp.size && line.mtimeMs === stamp.mtimeMs;
}
