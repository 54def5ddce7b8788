import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CHECKS_NAME } from "../verify/verify_files.ts";
import { INDEX_CACHE_NAME } from "../index/index_cache.ts";
import { userCacheFolder } from "./user_cache.ts";

/** Where caches lay in earlier versions, below the folder of the checkout. */
const EARLIER_FOLDER = ".videoms";

/** What help texts call the folder of the caches. */
export const CACHE_FOLDER = "the cache folder (VIDEOMS_CACHE, else videoms in that of the user)";

/** A file that keeps what can be found out again. */
export interface CacheFile {
  /** The file; undefined where nothing can be kept. */
  readonly file: string | undefined;
  /** Where earlier versions kept it; none of these needs to be there. */
  readonly older: readonly string[];
}

const told = new Set<string>();

/** Tells people something. */
export type Tell = (text: string) => void;

/** Tells, once in a process, that nothing can be kept in the cache folder; the work goes on without. */
export function tellUnkept(tell: Tell, error: Error): void {
  const folder = userCacheFolder() ?? "a cache folder";
  if (told.has(folder)) return;
  told.add(folder);
  tell(
    `Nothing is kept in ${folder} for later runs: ${error.message}. ` +
      "VIDEOMS_CACHE may name a folder that can be written to.",
  );
}

/**
 * A file of the cache folder, where there is one; tells if there is none.
 *
 * @param name with the version of what is in the file, so that versions can share the folder
 * @param earlierName what it was called in earlier versions
 */
export function cacheFile(name: string, earlierName: string, tell: Tell): CacheFile {
  const folder = userCacheFolder();
  if (folder === null) {
    tellUnkept(tell, new Error("HOME must name the user's folder, got nothing"));
    return { file: undefined, older: [] };
  }
  const checkout = import.meta.url.startsWith("file:")
    ? [resolve(dirname(fileURLToPath(import.meta.url)), "../..")]
    : [];
  const older = new Set(
    [Deno.cwd(), ...checkout].map((one) => join(one, EARLIER_FOLDER, earlierName)),
  );
  return { file: join(folder, name), older: [...older] };
}

/** Where runs and commands keep the index of videos, as options of `indexVideos` and its like. */
export function indexCache(tell: Tell): {
  cacheFile?: string;
  olderCaches: readonly string[];
  onUnkept: (error: Error) => void;
} {
  const { file, older } = cacheFile(INDEX_CACHE_NAME, "video-index.jsonl", tell);
  const onUnkept = (error: Error) => tellUnkept(tell, error);
  return { cacheFile: file, olderCaches: older, onUnkept };
}

/** Where checks of videos are kept, and their index, as options of `verifyFiles`. */
export function checksCache(tell: Tell): ReturnType<typeof indexCache> & {
  checksFile?: string;
  olderChecks: readonly string[];
} {
  const { file, older } = cacheFile(CHECKS_NAME, "video-checks.jsonl", tell);
  return { ...indexCache(tell), checksFile: file, olderChecks: older };
}
