import { createLimiter } from "../process/limiter.ts";
import { fileHash } from "./file_hash.ts";

/** Two files of the same content. */
export interface SharedContent {
  /** File of the first list. */
  readonly first: string;
  /** File of the second list; the same path where both name it. */
  readonly second: string;
}

/** A file and its size, as an index record has them. */
export interface SizedFile {
  /** Path. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Files of two lists that have the same content, whatever they are called: a test list must share none
 * with the training list. Only files that have a size in common are read.
 *
 * @throws the reason of `signal`
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
