import type { Registry } from "@videoms/core";
import {
  type Annotation,
  type Dataset,
  type IndexEntry,
  indexVideos,
  type LabelledVideo,
  type PreparedDataset,
  readAnnotations,
} from "@videoms/data";
import type { PretrainTask } from "../task/pretrain_task.ts";

/** Where probed videos are remembered from run to run. */
const INDEX_CACHE = ".videoms/video-index.jsonl";

/** A video that cannot be read. */
export interface UnreadableVideo {
  path: string;
  error: string;
}

/** The videos of a run. */
export interface RunVideos {
  train: LabelledVideo[];
  /** Videos that are not trained on; the first of the training list where a set has none. */
  heldOut: LabelledVideo[];
  /** Whether the held-out videos are really held out. */
  heldOutIsSeparate: boolean;
  /** Videos that were left out because they cannot be read. */
  unreadable: UnreadableVideo[];
  classes: readonly string[];
}

/** How the work is watched and stopped. */
export interface PrepareVideosOptions {
  onProgress?: (what: string, done: number, total: number) => void;
  signal?: AbortSignal;
}

/**
 * Makes or finds the videos of a task, and probes each file once.
 *
 * @throws {Error} if a list is missing, empty or ill-formed, or too many videos cannot be read
 */
export async function prepareVideos(
  task: PretrainTask,
  registry: Registry,
  { onProgress, signal }: PrepareVideosOptions = {},
): Promise<RunVideos> {
  const dataset = registry.create<Dataset>(task.data.dataset);
  const prepared = await dataset.prepare({
    signal,
    onProgress: ({ what, done, total }) => onProgress?.(what, done, total),
  });
  const lists = await readLists(prepared);
  const paths = [...lists.train, ...lists.heldOut].map(({ path }) => path);
  const known = new Map((prepared.known ?? []).map((record) => [record.path, record]));
  const probed = await indexVideos(paths.filter((path) => !known.has(path)), {
    cacheFile: INDEX_CACHE,
    concurrency: task.data.workers || undefined,
    signal,
    onProgress: ({ done, total, probed }) => {
      if (probed > 0) onProgress?.("looking into videos", done, total);
    },
  });
  const found = probed.values();
  const entries = paths.map((path): IndexEntry => {
    const record = known.get(path);
    return record ? { path, record } : found.next().value!;
  });
  const train = labelled(lists.train, entries.slice(0, lists.train.length));
  const heldOut = labelled(lists.heldOut, entries.slice(lists.train.length));
  const unreadable = [...train.unreadable, ...heldOut.unreadable];
  refuseTooMany(unreadable, paths.length, task.data.maxReplaced);
  const wanted = task.data.heldOutClips;
  const separate = heldOut.videos.length > 0;
  return {
    train: train.videos,
    heldOut: (separate ? heldOut : train).videos.slice(0, wanted),
    heldOutIsSeparate: separate,
    unreadable,
    classes: prepared.classes,
  };
}

async function readLists(
  { train, heldOut, dataRoot, classes }: PreparedDataset,
): Promise<{ train: Annotation[]; heldOut: Annotation[] }> {
  const options = {
    dataRoot: dataRoot ?? undefined,
    classes: classes.length > 0 ? classes.length : undefined,
  };
  return {
    train: await readAnnotations(train, options),
    heldOut: heldOut === null ? [] : await readAnnotations(heldOut, options),
  };
}

function labelled(
  annotations: readonly Annotation[],
  entries: readonly IndexEntry[],
): { videos: LabelledVideo[]; unreadable: UnreadableVideo[] } {
  const videos: LabelledVideo[] = [];
  const unreadable: UnreadableVideo[] = [];
  entries.forEach((entry, i) => {
    if ("record" in entry) videos.push({ record: entry.record, label: annotations[i].label });
    else unreadable.push({ path: entry.path, error: entry.error });
  });
  return { videos, unreadable };
}

/** A few bad files in a large set are left out; many mean that something else is wrong. */
function refuseTooMany(unreadable: readonly UnreadableVideo[], total: number, share: number): void {
  const allowed = share === 0 ? 0 : Math.max(1, Math.floor(share * total));
  if (unreadable.length <= allowed) return;
  const named = unreadable.slice(0, 10).map(({ path, error }) => `${path} (${error})`).join(", ");
  throw new Error(
    `Cannot pre-train: at most ${allowed} of ${total} videos may be unreadable (data.maxReplaced), ` +
      `got ${unreadable.length}: ${named}`,
  );
}
