import { definePlugin, type Plugin } from "@videoms/core/plain";
import { join, resolve } from "node:path";
import { firstOf } from "../annotations/first_of.ts";
import { missingFiles } from "../annotations/missing_files.ts";
import { readListText } from "../annotations/read_list.ts";
import type { Dataset, PreparedDataset, VideoSample } from "../dataset/dataset.ts";
import { type OsccWindow, parseOsccAnnotations } from "./oscc_annotations.ts";

/** The classes of object state change classification, by label. */
export const OSCC_CLASSES = ["no state change", "state change"] as const;

/** Kind of video files: `<video_uid>.mp4`, `<clip_uid>.mp4`, or windows cut beforehand, `<unique_id>.mp4`. */
export type OsccFiles = "videos" | "clips" | "windows";

/** What to do about windows without a file. */
export const MISSING_VIDEOS = ["error", "leave-out"] as const;

/** Fail, or skip them, since people download parts of Ego4D. */
export type MissingVideos = typeof MISSING_VIDEOS[number];

/** Options of {@linkcode ego4dOscc}. */
export interface Ego4dOsccOptions {
  /** Annotations of the training windows, `fho_oscc-pnr_train.json`. @default "" (must be set) */
  train: string;
  /** Annotations of held-out windows for validation, `fho_oscc-pnr_val.json`. @default "" */
  heldOut: string;
  /** Annotations of test windows; the held-out ones if empty. @default "" */
  test: string;
  /** Folder of the video files. @default "" (must be set) */
  videos: string;
  /** Kind of these files. @default "videos" */
  files: OsccFiles;
  /** What to do about windows without a file. @default "error" */
  missing: MissingVideos;
}

/**
 * Object state change classification of Ego4D (hands and objects): windows of up to 8 seconds in which an
 * object's state changes, or does not. See {@linkcode parseOsccAnnotations} for the annotations; Ego4D
 * publishes no labels for its test windows, so results are reported on the validation windows.
 *
 * Ego4D's videos are up to hours long, and a clip is decoded from the first frame of its file. Of the choices
 * of `files`, `videos` decodes everything before the window, `clips` (Ego4D's clips of some minutes; some
 * windows have none) is faster, and `windows`, cut beforehand, is best for training. A window is cut by
 * `ffmpeg -ss <parent_start_sec> -i <video_uid>.mp4 -t <length> -an <unique_id>.mp4`.
 *
 * @example
 * ```ts
 * import { ego4dOscc } from "@videoms/data";
 *
 * const dataset = ego4dOscc({
 *   train: "ego4d/v2/annotations/fho_oscc-pnr_train.json",
 *   heldOut: "ego4d/v2/annotations/fho_oscc-pnr_val.json",
 *   videos: "ego4d/oscc-windows",
 *   files: "windows",
 *   missing: "leave-out",
 * });
 * console.assert(dataset.name === "ego4d-oscc");
 * ```
 */
export const ego4dOscc: Plugin<"dataset", Ego4dOsccOptions, Dataset> = definePlugin<
  "dataset",
  Ego4dOsccOptions,
  Dataset
>({
  kind: "dataset",
  name: "ego4d-oscc",
  summary: "Ego4D's windows with or without a change of an object's state",
  defaults: { train: "", heldOut: "", test: "", videos: "", files: "videos", missing: "error" },
  choices: { files: ["videos", "clips", "windows"], missing: MISSING_VIDEOS },
  paths: ["train", "heldOut", "test", "videos"],
  help: {
    train: "annotations of the training windows, fho_oscc-pnr_train.json",
    heldOut: "annotations of held-out windows for validation, fho_oscc-pnr_val.json",
    test: "annotations of test windows; empty for the held-out ones",
    videos: "folder of the video files",
    files: "kind of files: videos (<video_uid>.mp4), clips (<clip_uid>.mp4) or windows, cut " +
      "beforehand (<unique_id>.mp4)",
    missing: "windows without a file: error, or leave-out to skip them",
  },
  create: createEgo4dOscc,
});

/** Samples of an annotation file. */
interface OsccSplit {
  samples: VideoSample[];
  /** Number of skipped windows. */
  missing: number;
}

function createEgo4dOscc(options: Readonly<Ego4dOsccOptions>): Dataset {
  for (const name of ["train", "videos"] as const) {
    if (options[name] === "") {
      throw new RangeError(`Cannot read Ego4D OSCC: "${name}" must be a path, got ""`);
    }
  }
  const { train, heldOut, test } = options;
  const read = (list: string) => list === "" ? null : readSplit(list, options);
  return {
    async prepare(): Promise<PreparedDataset> {
      return {
        train: (await readSplit(train, options)).samples,
        heldOut: (await read(heldOut))?.samples ?? null,
        test: (await read(test))?.samples ?? null,
        classes: OSCC_CLASSES,
      };
    },
    async summarize() {
      const training = await readSplit(train, options);
      const held = await read(heldOut);
      const tested = await read(test);
      const parts = [
        `${describe(training)} of ${train}`,
        held ? `${describe(held)} held out` : "none held out",
        ...tested ? [`${describe(tested)} to test on`] : [],
      ];
      const { length } = training.samples;
      return {
        text: parts.join(", "),
        train: length,
        classes: OSCC_CLASSES.length,
        classNames: OSCC_CLASSES,
      };
    },
  };
}

function describe({ samples, missing }: OsccSplit): string {
  const changes = samples.filter(({ label }) => label === 1).length;
  const without = missing > 0 ? `, ${missing} skipped: no video` : "";
  return `${samples.length} windows (${changes} with a change${without})`;
}

async function readSplit(list: string, options: Readonly<Ego4dOsccOptions>): Promise<OsccSplit> {
  const windows = parseOsccAnnotations(await readListText(list), list);
  const found = windows.map((window) => sampleOf(window, options));
  const absent = await missingFiles(found.flatMap((sample) => sample?.path ?? []));
  const samples = found.filter((sample) => sample !== null)
    .filter(({ path }) => !absent.has(path));
  const missing = windows.length - samples.length;
  if (samples.length === 0 || (missing > 0 && options.missing === "error")) {
    const named = [...absent].map(([path, problem]) => `${path} (${problem})`);
    const unexported = found.filter((sample) => sample === null).length;
    if (unexported > 0) named.unshift(`${unexported} in no clip`);
    const advice = samples.length > 0 ? '; set missing to "leave-out" to use the others' : "";
    throw new Deno.errors.NotFound(
      `Cannot read Ego4D OSCC: every window of ${list} must have a file in ${options.videos}, got ` +
        `${missing} of ${windows.length} without one: ${firstOf(named)}${advice}`,
    );
  }
  return { samples, missing };
}

/** The sample of a window, or null if it is in no clip. */
function sampleOf(
  { uniqueId, videoUid, inVideo, clipUid, inClip, stateChange }: OsccWindow,
  { videos, files }: Readonly<Ego4dOsccOptions>,
): VideoSample | null {
  const label = stateChange ? 1 : 0;
  const at = (name: string) => join(resolve(videos), `${name}.mp4`);
  switch (files) {
    case "videos":
      return { path: at(videoUid), label, seconds: inVideo };
    case "clips":
      return clipUid && inClip ? { path: at(clipUid), label, seconds: inClip } : null;
    case "windows":
      return { path: at(uniqueId), label };
  }
}
