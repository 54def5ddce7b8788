import {
  type Annotation,
  indexCache,
  type IndexEntry,
  indexVideos,
  readAnnotations,
  type VideoRecord,
} from "@videoms/data";
import type { Output } from "../../output/output.ts";
import { createProgress } from "../../output/progress/progress.ts";

/** A list and what is known of its videos, row by row. */
export interface IndexedList {
  annotations: Annotation[];
  entries: IndexEntry[];
  /** Distinct files that had to be probed now. */
  probed: number;
}

export interface IndexListOptions {
  dataRoot?: string;
  workers?: number;
  /** Whether every video must be a file; a missing one is unreadable otherwise. @default true */
  checkFiles?: boolean;
  signal: AbortSignal;
  output: Output;
}

/** Reads an annotation list and looks into its videos, with progress on standard error. */
export async function indexList(
  list: string,
  { dataRoot, workers, checkFiles, signal, output }: IndexListOptions,
): Promise<IndexedList> {
  const annotations = await readAnnotations(list, { dataRoot, checkFiles });
  const paths = annotations.map(({ path }) => path);
  const total = new Set(paths).size;
  using progress = createProgress({
    label: "indexing videos",
    total,
    unit: "videos",
    output: output.status,
  });
  let probed = 0;
  const entries = await indexVideos(paths, {
    ...indexCache(output.printError),
    concurrency: workers,
    signal,
    onProgress: (now) => {
      probed = now.probed;
      progress.update(now.done);
    },
  });
  return { annotations, entries, probed };
}

/** Records of the readable files of a list, each once. */
export function recordsOf({ entries }: Pick<IndexedList, "entries">): VideoRecord[] {
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  return [...byPath.values()].flatMap((entry) => "record" in entry ? [entry.record] : []);
}

/** Reasons why files of a list cannot be read, by path. */
export function unreadableOf({ entries }: Pick<IndexedList, "entries">): Map<string, string> {
  return new Map(entries.flatMap((entry) => "error" in entry ? [[entry.path, entry.error]] : []));
}
