import { type Annotation, type IndexEntry, indexVideos, readAnnotations } from "@videoms/data";
import { createProgress } from "../progress/progress.ts";
import { INDEX_CACHE } from "./list_flags.ts";

/** A list and what is known of its videos, row by row. */
export interface IndexedList {
  annotations: Annotation[];
  entries: IndexEntry[];
  /** Distinct files that had to be probed now. */
  probed: number;
}

/** How {@linkcode indexList} works. */
export interface IndexListOptions {
  dataRoot?: string;
  workers?: number;
  signal: AbortSignal;
}

/** Reads an annotation list and looks into its videos, with progress on standard error. */
export async function indexList(
  list: string,
  { dataRoot, workers, signal }: IndexListOptions,
): Promise<IndexedList> {
  const annotations = await readAnnotations(list, { dataRoot });
  const paths = annotations.map(({ path }) => path);
  const total = new Set(paths).size;
  const progress = createProgress({ label: "looking into videos", total, unit: "videos" });
  let probed = 0;
  try {
    const entries = await indexVideos(paths, {
      cacheFile: INDEX_CACHE,
      concurrency: workers,
      signal,
      onProgress: (now) => {
        probed = now.probed;
        progress.update(now.done);
      },
    });
    return { annotations, entries, probed };
  } finally {
    progress.end();
  }
}
