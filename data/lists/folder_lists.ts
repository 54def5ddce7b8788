import { join, resolve } from "node:path";
import { randomStream } from "@videoms/core";
import { firstOf } from "../annotations/first_of.ts";
import { VIDEO_ENDINGS } from "../process/video_formats.ts";
import type { PassedOver, PassOver } from "./passed_over.ts";
import { isVideoName, videoFiles, visibleEntries } from "./video_folder.ts";
import type { VideoList, VideoLists } from "./video_lists.ts";

/** How {@linkcode folderLists} makes lists. */
export interface FolderListsOptions {
  /** Folder that holds a folder of videos for each class. */
  videos: string;
  /** Share of each class's videos that is held out, 0 to below 1. @default 0 (none) */
  heldOut?: number;
  /** Which videos these are. @default 0 */
  seed?: number;
}

/** Why a folder in the place of a class has no label. */
const NO_CLASS = "a folder without videos, so no class";

/** Folders of a tree that is already split, and the names of their lists. */
const PARTS: ReadonlyMap<string, string> = new Map([
  ["train", "train"],
  ["val", "validation"],
  ["validation", "validation"],
  ["test", "test"],
]);

/**
 * Lists of videos that lie in a folder for each class, `<class>/a.mp4`; labels follow the sorted names of
 * the folders. A tree that is already split, `train/<class>/a.mp4` beside `val` or `test`, gives a list for
 * each part. Folders without videos are no classes; they are passed over, and told. Of each class with two training videos or more, at least one is held out if any are, and one
 * trained on.
 *
 * Videos are drawn one by one: where several are cut from the same recording, some may be trained on and
 * others held out, and figures on them are then too good. Such sets need lists of their own.
 *
 * @throws {Deno.errors.NotFound} if there is no such folder, or no class in it
 * @throws {RangeError} if a video lies in no class's folder, or the share is out of range
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
      `Cannot list videos: the share that is held out must be 0 to below 1, got ${heldOut}`,
    );
  }
  const passedOver: PassedOver[] = [];
  const parts = await partsOf(resolve(folder), (path, why) => passedOver.push({ path, why }));
  const classes = [...new Set(parts.flatMap(({ byClass }) => [...byClass.keys()]))].sort();
  const lists = parts.map(({ name, byClass }): VideoList => ({
    name,
    videos: classes.flatMap((className, label) =>
      (byClass.get(className) ?? []).map((path) => ({ path, label }))
    ),
    missing: [],
  }));
  if (heldOut === 0) return { classes, lists, passedOver };
  const [train, ...others] = lists;
  return { classes, lists: [...holdOut(train, classes, heldOut, seed), ...others], passedOver };
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
async function partsOf(folder: string, passOver: PassOver): Promise<FolderPart[]> {
  const names = (await visibleEntries(folder)).filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => name);
  const others = names.filter((name) => !PARTS.has(name)).map((name) => join(folder, name));
  const isSplit = names.includes("train") && await holdNoVideos(others);
  if (!isSplit) return [{ name: "train", byClass: await videosByClass(folder, passOver) }];
  await classFolders(folder, passOver);
  for (const other of others) passOver(other, NO_CLASS);
  const inOrder = [...PARTS.keys()].filter((name) => names.includes(name));
  return Promise.all(inOrder.map(async (name) => ({
    name: PARTS.get(name)!,
    byClass: await videosByClass(join(folder, name), passOver),
  })));
}

async function holdNoVideos(folders: readonly string[]): Promise<boolean> {
  for (const folder of folders) {
    if ((await videoFiles(folder)).length > 0) return false;
  }
  return true;
}

/**
 * Names of the folders in a folder, which holds no video itself.
 *
 * @throws {RangeError} if it does
 */
async function classFolders(folder: string, passOver: PassOver): Promise<string[]> {
  const entries = await visibleEntries(folder, passOver);
  const files = entries.filter(({ isDirectory }) => !isDirectory).map(({ name }) => name);
  const loose = files.filter(isVideoName);
  if (loose.length > 0) {
    throw new RangeError(
      `Cannot list videos: each must be in the folder of its class, got ${firstOf(loose)} in ` +
        `${folder} itself`,
    );
  }
  for (const name of files) passOver(join(folder, name), "not named like a video");
  return entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
}

/** Videos of the folders that hold any, by name. */
async function videosByClass(folder: string, passOver: PassOver): Promise<Map<string, string[]>> {
  const byClass = new Map<string, string[]>();
  for (const name of await classFolders(folder, passOver)) {
    const path = join(folder, name);
    const videos = await videoFiles(path, passOver);
    if (videos.length > 0) byClass.set(name, videos);
    else passOver(path, NO_CLASS);
  }
  if (byClass.size > 0) return byClass;
  throw new Deno.errors.NotFound(
    `Cannot list videos: ${folder} must hold a folder of videos for each class, got none; videos end in ` +
      VIDEO_ENDINGS.join(", "),
  );
}
