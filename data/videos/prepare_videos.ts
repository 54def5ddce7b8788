import type { Descriptor, Registry } from "@videoms/core";
import { DAMAGE_ADVICE } from "../loader/damage_limit.ts";
import type { ClipSet, MixedClasses } from "../dataset/clip_set.ts";
import type { Dataset, DatasetSummary, PreparedDataset, VideoSample } from "../dataset/dataset.ts";
import type { IndexEntry } from "../index/video_record.ts";
import { indexVideos } from "../index/index_videos.ts";
import type { LabelledVideo } from "../loader/clip_batch.ts";
import { indexCache } from "../cache/cache_files.ts";
import type { DataIdentity, SampleIdentity } from "../identity/data_identity.ts";
import { labelledSplit, type Split, type UnreadableVideo } from "./labelled_videos.ts";
import { countShared } from "./shared_samples.ts";

/** The fields of a task that determine its videos. */
export interface VideosTask {
  readonly data: {
    /** The data set. */
    readonly dataset: Descriptor<"dataset">;
    /** Concurrent probes; 0 for the number of processor cores. */
    readonly workers: number;
    /** Maximum share of unreadable samples. */
    readonly maxReplaced: number;
    /** Target rate of clips in frames per second; null for each frame of the video. @default null */
    readonly fps?: number | null;
  };
}

/** What is predicted in place of a class. */
export interface RunTargets {
  readonly kind: "labels" | "numbers";
  /** The values of each training sample, also of one that cannot be read. */
  readonly train: readonly (readonly number[])[];
}

/** The videos of a run. */
export interface RunVideos extends MixedClasses {
  train: LabelledVideo[];
  /** Held-out videos for validation; the training videos if there are none. */
  heldOut: LabelledVideo[];
  /** Whether the held-out videos are a separate list. */
  heldOutIsSeparate: boolean;
  /** Test videos; the held-out videos if there are none. */
  test: LabelledVideo[];
  /** Number of held-out and test samples that are also trained on: same file, overlapping time spans. */
  shared: number;
  /**
   * Unreadable samples, which are in none of the lists above. Training skips them; evaluation counts its own
   * as wrong.
   */
  unreadable: UnreadableVideo[];
  classes: readonly string[];
  /** What is predicted in place of a class, of every training sample; null for classes. */
  targets: RunTargets | null;
  /** The sets of a mix, of which each video has one. @default the data set is no mix */
  sets?: readonly ClipSet[];
  /** Every sample of the lists, to recognise the data of a run. */
  data: DataIdentity;
}

/** Options of {@linkcode prepareVideos}. */
export interface PrepareVideosOptions {
  /** Called with messages. */
  tell?: (text: string) => void;
  onProgress?: (what: string, done: number, total: number) => void;
  signal?: AbortSignal;
}

/**
 * Checks the lists of a data set, which is quick: nothing is made or probed.
 *
 * @throws {Error} if a list is missing or ill-formed
 */
export async function checkDataset(
  dataset: Descriptor<"dataset">,
  registry: Registry,
): Promise<DatasetSummary> {
  return await registry.create<Dataset>(dataset).summarize();
}

/**
 * Prepares the videos of a task, and probes each file once.
 *
 * @throws {Error} if a list is missing, empty or ill-formed, or too many samples cannot be read
 */
export async function prepareVideos(
  task: VideosTask,
  registry: Registry,
  { onProgress, tell = () => {}, signal }: PrepareVideosOptions = {},
): Promise<RunVideos> {
  const { dataset, workers, maxReplaced, fps } = task.data;
  const prepared = await registry.create<Dataset>(dataset).prepare({
    signal,
    onProgress: ({ what, done, total }) => onProgress?.(what, done, total),
  });
  const { train, heldOut, test, known = [], classes, sets, separateClasses } = prepared;
  checkSamples(prepared, dataset.name);
  const evaluated = [...heldOut ?? [], ...test ?? []];
  const all = [...train, ...evaluated];
  const entryOf = await lookUp(all, known, {
    ...indexCache(tell),
    concurrency: workers || undefined,
    signal,
    onProgress: ({ done, total, probed }) => {
      if (probed > 0) onProgress?.("indexing videos", done, total);
    },
  });
  const runSample = (sample: VideoSample): SampleIdentity => {
    const { imageFps: _, path, label, ...more } = sample;
    const entry = entryOf(sample);
    return { path, label, size: "record" in entry ? entry.record.size : null, ...more };
  };
  const split = (name: Split, samples: readonly VideoSample[]) =>
    labelledSplit(name, samples, samples.map(entryOf), fps, sets);
  const training = split("train", train);
  const held = heldOut && split("heldOut", heldOut);
  const tested = test && split("test", test);
  const unreadable = [training, held, tested].flatMap((split) => split?.unreadable ?? []);
  refuseTooMany(unreadable, all.length, maxReplaced);
  const heldOutVideos = (held ?? training).videos;
  return {
    train: training.videos,
    heldOut: heldOutVideos,
    heldOutIsSeparate: held !== null,
    test: tested?.videos ?? heldOutVideos,
    shared: countShared(train, evaluated),
    unreadable,
    classes,
    targets: prepared.targets
      ? { kind: prepared.targets, train: train.map(({ targets }) => targets!) }
      : null,
    ...sets ? { sets } : {},
    ...separateClasses === undefined ? {} : { separateClasses },
    data: {
      train: train.map(runSample),
      heldOut: heldOut && heldOut.map(runSample),
      test: test && test.map(runSample),
      classes,
    },
  };
}

/** Data sets may be third-party plugins, so their output is checked. */
function checkSamples(prepared: PreparedDataset, name: string): void {
  const { train, heldOut, test, classes, targets: kind, sets } = prepared;
  for (const [split, samples] of Object.entries({ train, heldOut, test })) {
    if (samples?.length === 0) {
      throw new RangeError(
        `Cannot prepare data set "${name}": its ${split} list must contain a video, got none`,
      );
    }
    samples?.forEach(({ path, label, targets, set }, row) => {
      const where = `for ${path} (${split}, sample ${row + 1})`;
      if (set === undefined ? sets !== undefined : !sets?.[set]) {
        throw new RangeError(
          `Cannot prepare data set "${name}": samples must be of one of its ` +
            `${sets?.length ?? 0} sets, got ${set ?? "none"} ${where}`,
        );
      }
      if ((kind && targets?.length) !== (kind && classes.length)) {
        throw new RangeError(
          `Cannot prepare data set "${name}": a sample must have ${classes.length} targets, got ` +
            `${targets?.length ?? "none"} ${where}`,
        );
      }
      if (Number.isSafeInteger(label) && label >= 0 && label < classes.length) return;
      throw new RangeError(
        `Cannot prepare data set "${name}": labels must be whole numbers from 0 below the number of ` +
          `classes (${classes.length}), got ${label} for ${path} (${split}, sample ${row + 1})`,
      );
    });
  }
}

/** Probes the files of samples without a record; returns a lookup of entries by sample. */
async function lookUp(
  samples: readonly VideoSample[],
  known: NonNullable<PreparedDataset["known"]>,
  options: Parameters<typeof indexVideos>[1],
): Promise<(sample: VideoSample) => IndexEntry> {
  const entries = new Map<string, IndexEntry>();
  for (const record of known) entries.set(record.path, { path: record.path, record });
  const unknown = new Set(samples.map(({ path }) => path).filter((path) => !entries.has(path)));
  const paths = [...unknown];
  const probed = await indexVideos(paths, options);
  paths.forEach((path, i) => entries.set(path, probed[i]));
  return ({ path }) => entries.get(path)!;
}

/** A few bad files in a large data set are skipped; many indicate another problem. */
function refuseTooMany(unreadable: readonly UnreadableVideo[], total: number, share: number): void {
  const allowed = share === 0 ? 0 : Math.max(1, Math.floor(share * total));
  if (unreadable.length <= allowed) return;
  const named = unreadable.slice(0, 10).map(({ path, error }) => `${path} (${error})`).join(", ");
  throw new Error(
    `Cannot train: at most ${allowed} of ${total} videos may be unreadable (data.maxReplaced), ` +
      `got ${unreadable.length}: ${named}; ${DAMAGE_ADVICE}`,
  );
}
