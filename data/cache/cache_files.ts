import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CHECKS_NAME } from "../verify/verify_files.ts";
import { INDEX_CACHE_NAME } from "../index/index_cache.ts";
import { userCacheFolder } from "./user_cache.ts";

/** Cache folder of earlier versions, in the checkout. */
const EARLIER_FOLDER = ".videoms";

/** Description of the cache folder for help texts. */
export const CACHE_FOLDER =
  "the cache folder (VIDEOMS_CACHE, else videoms in the user's cache folder)";

/** A cache file. */
export interface CacheFile {
  /** Its path; undefined if nothing can be cached. */
  readonly file: string | undefined;
  /** Paths in earlier versions, which need not exist. */
  readonly older: readonly string[];
}

const reported = new Set<string>();

/** Prints a message. */
export type Report = (text: string) => void;

/** Reports, once per process, that the cache folder cannot be written to. */
export function reportCacheError(report: Report, error: Error): void {
  const folder = userCacheFolder() ?? "a cache folder";
  if (reported.has(folder)) return;
  reported.add(folder);
  report(
    `Nothing is cached in ${folder}: ${error.message}. ` +
      "Set VIDEOMS_CACHE to a writable folder.",
  );
}

/**
 * A file in the cache folder; reports if there is no such folder.
 *
 * @param name includes the format's version, so that versions can share the folder
 * @param earlierName its name in earlier versions
 */
export function cacheFile(name: string, earlierName: string, report: Report): CacheFile {
  const folder = userCacheFolder();
  if (folder === null) {
    reportCacheError(report, new Error("HOME must name the user's folder, got nothing"));
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

/** Cache options for `indexVideos` and similar functions. */
export function indexCache(report: Report): {
  cacheFile?: string;
  olderCaches: readonly string[];
  onCacheError: (error: Error) => void;
} {
  const { file, older } = cacheFile(INDEX_CACHE_NAME, "video-index.jsonl", report);
  const onCacheError = (error: Error) => reportCacheError(report, error);
  return { cacheFile: file, olderCaches: older, onCacheError };
}

/** Cache options for `verifyFiles`. */
export function checksCache(report: Report): ReturnType<typeof indexCache> & {
  checksFile?: string;
  olderChecks: readonly string[];
} {
  const { file, older } = cacheFile(CHECKS_NAME, "video-checks.jsonl", report);
  return { ...indexCache(report), checksFile: file, olderChecks: older };
}
