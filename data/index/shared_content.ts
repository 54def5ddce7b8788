import { createLimiter } from "../process/limiter.ts";
import { contentHash, type ContentPlace } from "./content_hash.ts";

/** Two files with the same content. */
export interface SharedContent {
  /** File in the first list. */
  readonly first: string;
  /** File in the second list; may be the same path. */
  readonly second: string;
}

/** A file and its size, as in an index record; of images, the whole record. */
export type SizedFile = ContentPlace & {
  /** Bytes. */
  readonly size: number;
};

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
  const hashOf = (file: SizedFile): Promise<string> => {
    const { path } = file;
    const hash = known.get(path) ?? limiter.run(() => {
      signal?.throwIfAborted();
      return contentHash(file);
    });
    known.set(path, hash);
    return hash;
  };
  const bySize = new Map<number, Map<string, SizedFile>>();
  for (const file of first) {
    bySize.set(file.size, (bySize.get(file.size) ?? new Map()).set(file.path, file));
  }
  const shared: SharedContent[] = [];
  for (const file of new Map(second.map((one) => [one.path, one])).values()) {
    const { path, size } = file;
    const candidates = bySize.get(size);
    if (!candidates) continue;
    if (candidates.has(path)) {
      shared.push({ first: path, second: path });
      continue;
    }
    const hash = await hashOf(file);
    for (const candidate of candidates.values()) {
      if (await hashOf(candidate) !== hash) continue;
      shared.push({ first: candidate.path, second: path });
      break;
    }
  }
  return shared;
}
