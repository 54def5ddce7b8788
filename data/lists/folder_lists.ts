import { join, resolve } from "node:path";
import { type RandomStream, randomStream } from "@videoms/core/plain";
import { firstOf } from "../annotations/first_of.ts";
import { VIDEO_ENDINGS } from "../process/video_formats.ts";
import { patternVideos } from "./pattern_videos.ts";
import type { OnSkip, SkippedEntry } from "./skipped_entry.ts";
import { isVideoName, videoFiles, visibleEntries } from "./video_folder.ts";
import type { ListedVideo, VideoList, VideoLists } from "./video_lists.ts";

/** Options of {@linkcode folderLists}. */
export interface FolderListsOptions {
  /** Folder with a folder of videos for each class, or with any videos that `pattern` matches. */
  videos: string;
  /**
   * Regular expression for the path of a video below the folder, with `/` between folders, whose named group
   * `class` is the class, such as `clip_(?<class>[a-z]+)_(?<group>\d+)\.mp4`. Videos of one `group` stay in one
   * list. @default the folder's name is the class
   */
  pattern?: string;
  /** Held-out share of each class's videos, 0 to below 1. @default 0 (none) */
  heldOut?: number;
  /** Folds of a cross-validation, 2 or more, in place of a held-out share. @default 0 (none) */
  folds?: number;
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
 * and reported, and so are videos that do not match a `pattern`. If videos are held out, each class with two or more keeps at least one for training and one
 * held out.
 *
 * Videos are drawn independently: if several are cut from one recording, some may be trained on and others
 * held out, which inflates accuracy. Such data sets need a pattern with a `group`, of which a share is held out
 * for all classes at once, or their own lists.
 *
 * With `folds`, `train` has all videos, and `fold1-train` and `fold1-held-out` to `foldK-…` hold each video out once.
 *
 * @throws {Deno.errors.NotFound} if there is no such folder, or no class in it
 * @throws {RangeError} if a video is outside of class folders, a pattern matches none, or the share is out of range
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
  const { videos: folder, heldOut = 0, folds = 0, seed = 0, pattern } = options;
  if (!(heldOut >= 0 && heldOut < 1)) {
    throw new RangeError(
      `Cannot list videos: the held-out share must be 0 to below 1, got ${heldOut}`,
    );
  }
  if (folds !== 0 && !(Number.isSafeInteger(folds) && folds > 1 && heldOut === 0)) {
    throw new RangeError(
      `Cannot list videos: folds must be 2 or more, without a held-out share, got ${folds} and ${heldOut}`,
    );
  }
  const skipped: SkippedEntry[] = [];
  const onSkip: OnSkip = (path, why) => skipped.push({ path, why });
  const named = pattern === undefined
    ? null
    : await patternVideos(resolve(folder), pattern, onSkip);
  const parts = named
    ? [{ name: "train", byClass: named.byClass }]
    : await partsOf(resolve(folder), onSkip);
  const classes = [...new Set(parts.flatMap(({ byClass }) => [...byClass.keys()]))].sort();
  const lists = parts.map(({ name, byClass }): VideoList => ({
    name,
    videos: classes.flatMap((className, label) =>
      (byClass.get(className) ?? []).map((path) => ({ path, label }))
    ),
    missing: [],
  }));
  const [train, ...others] = lists;
  if (folds > 0) {
    const folded = foldLists(train, folds, named?.groups ?? null, seed);
    return { classes, lists: [train, ...folded, ...others], skipped };
  }
  if (heldOut === 0) return { classes, lists, skipped };
  const held = named?.groups
    ? heldGroups(train, classes, named.groups, heldOut, seed)
    : heldVideos(train, classes, heldOut, seed);
  const kept = { ...train, videos: train.videos.filter((video) => !held.includes(video)) };
  return {
    classes,
    lists: [kept, { name: "held-out", videos: held, missing: [] }, ...others],
    skipped,
  };
}

/** Draws a share of some things: at least one of them, and not all. */
function drawShare<One>(all: readonly One[], share: number, random: RandomStream): One[] {
  const count = Math.min(all.length - 1, Math.max(1, Math.round(share * all.length)));
  return Array.from(random.permutation(all.length).subarray(0, count).sort(), (i) => all[i]);
}

/** Draws the held-out videos of a list, class by class. */
function heldVideos(
  train: VideoList,
  classes: readonly string[],
  share: number,
  seed: number,
): ListedVideo[] {
  return classes.flatMap((name, label) => {
    const videos = train.videos.filter((video) => video.label === label);
    return videos.length < 2 ? [] : drawShare(videos, share, randomStream(seed, "held-out", name));
  });
}

/**
 * Draws groups, and holds their videos out.
 *
 * @throws {RangeError} if that leaves no video of a class to train on
 */
function heldGroups(
  train: VideoList,
  classes: readonly string[],
  groups: ReadonlyMap<string, string>,
  share: number,
  seed: number,
): ListedVideo[] {
  const all = [...new Set(groups.values())].sort();
  const drawn = new Set(drawShare(all, share, randomStream(seed, "held-out-groups")));
  const isHeld = ({ path }: ListedVideo) => drawn.has(groups.get(path)!);
  const empty = classes.find((_, label) =>
    train.videos.every((video) => video.label !== label || isHeld(video))
  );
  if (empty === undefined) return train.videos.filter(isHeld);
  throw new RangeError(
    `Cannot list videos: groups that are not held out must have videos of every class, got none of ` +
      `"${empty}"; choose another --seed or a smaller --held-out`,
  );
}

/** The lists of folds: groups, or the videos of each class, are dealt to the folds in a drawn order. */
function foldLists(
  { videos }: VideoList,
  folds: number,
  groups: ReadonlyMap<string, string> | null,
  seed: number,
): VideoList[] {
  const dealt = [...Map.groupBy(videos, ({ label }) => groups ? 0 : label)].flatMap(
    ([of, ones]) => {
      const parts = [...new Set(ones.map(({ path }) => groups?.get(path) ?? path))].sort();
      const order = randomStream(seed, "folds", of).permutation(parts.length);
      return Array.from(order, (part, i) => [parts[part], (i + of) % folds] as const);
    },
  );
  const foldOf = new Map(dealt);
  const isIn = (fold: number) => ({ path }: ListedVideo) =>
    foldOf.get(groups?.get(path) ?? path) === fold;
  return Array.from({ length: folds }, (_, fold) => [
    {
      name: `fold${fold + 1}-train`,
      videos: videos.filter((one) => !isIn(fold)(one)),
      missing: [],
    },
    { name: `fold${fold + 1}-held-out`, videos: videos.filter(isIn(fold)), missing: [] },
  ]).flat();
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
