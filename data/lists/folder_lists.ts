import { join, resolve } from "node:path";
import { randomStream } from "@videoms/core/plain";
import { firstOf } from "../annotations/first_of.ts";
import { VIDEO_ENDINGS } from "../process/video_formats.ts";
import type { OnSkip, SkippedEntry } from "./skipped_entry.ts";
import { isVideoName, videoFiles, visibleEntries } from "./video_folder.ts";
import type { VideoList, VideoLists } from "./video_lists.ts";

/** Options of {@linkcode folderLists}. */
export interface FolderListsOptions {
  /** Folder with a folder of videos for each class. */
  videos: string;
  /** Held-out share of each class's videos, 0 to below 1. @default 0 (none) */
  heldOut?: number;
  /** Seed of the held-out draw. @default 0 */
  seed?: number;
}

const NO_CLASS = "a folder without videos, so no class";

/** Folders of a split tree, and the names of their lists. */
const PARTS: ReadonlyMap<string, string> = new Map([
  ["train", "train"],
  ["val", "validation"],
  ["validation", "validation"],
  ["test", "test"],
]);

/**
 * Lists videos in one folder per class, `<class>/a.mp4`; labels follow the sorted folder names. A split tree,
 * `train/<class>/a.mp4` beside `val` or `test`, gives one list per part. Folders without videos are skipped
 * and reported. If videos are held out, each class with two or more keeps at least one for training and one
 * held out.
 *
 * Videos are drawn independently: if several are cut from one recording, some may be trained on and others
 * held out, which inflates accuracy. Such data sets need their own lists.
 *
 * @throws {Deno.errors.NotFound} if there is no such folder, or no class in it
 * @throws {RangeError} if a video is outside of class folders, or the share is out of range
 * @example
 * ```ts
 * import { folderLists } from "@videoms/data";
 *
 * const [videos] = Deno.args;
 * if (videos) {
 *   const { classes, lists } = await folderLists({ videos, heldOut: 0.2 });
 *   console.log(classes, lists.map(({ name, videos }) => `${name}: ${videos.length}`));
 * }
 * ```
 */
export async function folderLists(options: FolderListsOptions): Promise<VideoLists> {
  const { videos: folder, heldOut = 0, seed = 0 } = options;
  if (!(heldOut >= 0 && heldOut < 1)) {
    throw new RangeError(
      `Cannot list videos: the held-out share must be 0 to below 1, got ${heldOut}`,
    );
  }
  const skipped: SkippedEntry[] = [];
  const parts = await partsOf(resolve(folder), (path, why) => skipped.push({ path, why }));
  const classes = [...new Set(parts.flatMap(({ byClass }) => [...byClass.keys()]))].sort();
  const lists = parts.map(({ name, byClass }): VideoList => ({
    name,
    videos: classes.flatMap((className, label) =>
      (byClass.get(className) ?? []).map((path) => ({ path, label }))
    ),
    missing: [],
  }));
  if (heldOut === 0) return { classes, lists, skipped };
  const [train, ...others] = lists;
  return { classes, lists: [...holdOut(train, classes, heldOut, seed), ...others], skipped };
}

/** Draws the held-out videos of a list, class by class. */
function holdOut(
  train: VideoList,
  classes: readonly string[],
  share: number,
  seed: number,
): VideoList[] {
  const held = classes.flatMap((name, label) => {
    const videos = train.videos.filter((video) => video.label === label);
    if (videos.length < 2) return [];
    const count = Math.min(videos.length - 1, Math.max(1, Math.round(share * videos.length)));
    const order = randomStream(seed, "held-out", name).permutation(videos.length);
    return Array.from(order.subarray(0, count).sort(), (i) => videos[i]);
  });
  const isHeld = new Set(held);
  return [
    { ...train, videos: train.videos.filter((video) => !isHeld.has(video)) },
    { name: "held-out", videos: held, missing: [] },
  ];
}

/** Videos by class, of each part. */
interface FolderPart {
  readonly name: string;
  readonly byClass: ReadonlyMap<string, readonly string[]>;
}

/** The parts of a tree, the training videos first. */
async function partsOf(folder: string, onSkip: OnSkip): Promise<FolderPart[]> {
  const names = (await visibleEntries(folder)).filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => name);
  const others = names.filter((name) => !PARTS.has(name)).map((name) => join(folder, name));
  const isSplit = names.includes("train") && await holdNoVideos(others);
  if (!isSplit) return [{ name: "train", byClass: await videosByClass(folder, onSkip) }];
  await classFolders(folder, onSkip);
  for (const other of others) onSkip(other, NO_CLASS);
  const inOrder = [...PARTS.keys()].filter((name) => names.includes(name));
  return Promise.all(inOrder.map(async (name) => ({
    name: PARTS.get(name)!,
    byClass: await videosByClass(join(folder, name), onSkip),
  })));
}

async function holdNoVideos(folders: readonly string[]): Promise<boolean> {
  for (const folder of folders) {
    if ((await videoFiles(folder)).length > 0) return false;
  }
  return true;
}

/**
 * Names of the folders in a folder that contains no video directly.
 *
 * @throws {RangeError} if it does
 */
async function classFolders(folder: string, onSkip: OnSkip): Promise<string[]> {
  const entries = await visibleEntries(folder, onSkip);
  const files = entries.filter(({ isDirectory }) => !isDirectory).map(({ name }) => name);
  const loose = files.filter(isVideoName);
  if (loose.length > 0) {
    throw new RangeError(
      `Cannot list videos: each video must be in the folder of its class, got ${
        firstOf(loose)
      } in ` +
        `${folder} itself`,
    );
  }
  for (const name of files) onSkip(join(folder, name), "not named like a video");
  return entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
}

/** Videos by folder, for folders with any. */
async function videosByClass(folder: string, onSkip: OnSkip): Promise<Map<string, string[]>> {
  const byClass = new Map<string, string[]>();
  for (const name of await classFolders(folder, onSkip)) {
    const path = join(folder, name);
    const videos = await videoFiles(path, onSkip);
    if (videos.length > 0) byClass.set(name, videos);
    else onSkip(path, NO_CLASS);
  }
  if (byClass.size > 0) return byClass;
  throw new Deno.errors.NotFound(
    `Cannot list videos: ${folder} must contain a folder of videos for each class, got none; video extensions are ` +
      VIDEO_ENDINGS.join(", "),
  );
}
