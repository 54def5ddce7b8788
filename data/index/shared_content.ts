import { createLimiter } from "../process/limiter.ts";
import { fileHash } from "./file_hash.ts";

/** Two files with the same content. */
export interface SharedContent {
  /** File in the first list. */
  readonly first: string;
  /** File in the second list; may be the same path. */
  readonly second: string;
}

/** A file and its size, as in an index record. */
export interface SizedFile {
  /** Path. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Finds files with the same content in two lists, whatever their names: a test list must share none with the
 * training list. Only files of equal size are read.
 *
 * @throws the signal's reason
 * @example
 * ```ts
 * import { sharedContent } from "@videoms/data";
 *
 * const same = await sharedContent([{ path: "/a.mp4", size: 3 }], [{ path: "/a.mp4", size: 3 }]);
 * console.assert(same[0].second === "/a.mp4");
 * ```
 */
export async function sharedContent(
  first: readonly SizedFile[],
  second: readonly SizedFile[],
  signal?: AbortSignal,
): Promise<SharedContent[]> {
  const limiter = createLimiter(navigator.hardwareConcurrency);
  const known = new Map<string, Promise<string>>();
  const hashOf = (path: string): Promise<string> => {
    const hash = known.get(path) ?? limiter.run(() => {
      signal?.throwIfAborted();
      return fileHash(path);
    });
    known.set(path, hash);
    return hash;
  };
  const bySize = new Map<number, Set<string>>();
  for (const { path, size } of first) {
    bySize.set(size, (bySize.get(size) ?? new Set()).add(path));
  }
  const shared: SharedContent[] = [];
  for (const { path, size } of new Map(second.map((file) => [file.path, file])).values()) {
    const candidates = bySize.get(size);
    if (!candidates) continue;
    if (candidates.has(path)) {
      shared.push({ first: path, second: path });
      continue;
    }
    const hash = await hashOf(path);
    for (const candidate of candidates) {
      if (await hashOf(candidate) !== hash) continue;
      shared.push({ first: candidate, second: path });
      break;
    }
  }
  return shared;
}
