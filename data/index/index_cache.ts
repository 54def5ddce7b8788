import { emptyLineStore, type LineStore, openLineStore } from "./line_store.ts";
import type { FileStamp } from "./probe_video.ts";
import type { VideoRecord } from "./video_record.ts";

/** Where facts about files are kept that can be found out again. */
export interface CacheOptions {
  /** JSON Lines file that keeps what was found. @default nothing is kept */
  cacheFile?: string;
  /** Files of earlier versions, whose lines are taken over. @default none */
  olderCaches?: readonly string[];
  /** Told when nothing can be kept; the work goes on. @default nobody is told */
  onUnkept?: (error: Error) => void;
}

/** A line of the cache: the record of a file, or why it has none. */
export type CacheLine = VideoRecord | (FileStamp & { readonly error: string });

/** What is known of files, kept as it is found. */
export type IndexCache = LineStore<CacheLine>;

/** Changes with what a line says or how it is found out. */
const VERSION = 4;

/** Name of an index cache. It has the version in it, so that versions can share a folder. */
export const INDEX_CACHE_NAME: string = `video-index-${VERSION}.jsonl`;

/** Opens an index cache, one that is kept nowhere without a file. */
export async function openIndexCache(
  { cacheFile, olderCaches, onUnkept = () => {} }: CacheOptions,
): Promise<IndexCache> {
  if (cacheFile === undefined) return emptyLineStore();
  const format = { format: "videoms-video-index", version: VERSION };
  return await openLineStore(cacheFile, { ...format, older: olderCaches, onUnkept });
}

/** Whether what is known of a file still describes it as it is now. */
export function isCurrent<Line extends FileStamp>(
  line: Line | undefined,
  stamp: FileStamp,
): line is Line {
  return line !== undefined && line.size === stamp.size && line.mtimeMs === stamp.mtimeMs;
}
