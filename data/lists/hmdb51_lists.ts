import { join } from "node:path";
import type { NamedVideo } from "./locate_videos.ts";
import { locateVideos } from "./locate_videos.ts";
import { readLines } from "./read_lines.ts";
import { visibleEntries } from "./video_folder.ts";
import type { VideoLists, VideoListsOptions } from "./video_lists.ts";

/** Options of {@linkcode hmdb51Lists}. */
export interface Hmdb51ListsOptions extends VideoListsOptions {
  /** Folder of the official splits: `brush_hair_test_split1.txt`, … */
  splits: string;
  /** Number of the split, 1 to 3. @default 1 */
  split?: number;
}

/** Meaning of the second column of a split file. */
const PARTS = ["unused", "train", "test"] as const;

/**
 * Lists HMDB51 by its official splits (`test_train_splits.rar`): a file `<class>_test_split<N>.txt` per class
 * with lines `video.avi 1`, where 1 is training, 2 test and 0 neither. Labels follow the sorted class names.
 *
 * @throws {Deno.errors.NotFound} if the files of the split or videos are missing
 * @throws {SyntaxError} if lines are malformed; lists the first ten
 * @example
 * ```ts
 * import { hmdb51Lists } from "@videoms/data";
 *
 * const [splits, videos] = Deno.args;
 * if (videos) {
 *   const { lists: [train] } = await hmdb51Lists({ splits, videos, split: 2 });
 *   console.log(train.videos.length); // 3570
 * }
 * ```
 */
export async function hmdb51Lists(options: Hmdb51ListsOptions): Promise<VideoLists> {
  const { splits, split = 1 } = options;
  const ending = `_test_split${split}.txt`;
  const files = (await visibleEntries(splits)).map(({ name }) => name)
    .filter((name) => name.endsWith(ending));
  if (files.length === 0) {
    throw new Deno.errors.NotFound(
      `Cannot list videos: ${splits} must contain a file <class>${ending} for each class, got none`,
    );
  }
  const classes = files.map((file) => file.slice(0, -ending.length)).sort();
  const parts = { unused: [], train: [], test: [] } as Record<typeof PARTS[number], NamedVideo[]>;
  for (const [label, name] of classes.entries()) {
    await readLines(
      join(splits, name + ending),
      '"video.avi part" with a part of 0 (unused), 1 (train) or 2 (test)',
      (content) => {
        const match = /^(.+?)\s+([012])$/.exec(content);
        if (!match) return null;
        return parts[PARTS[Number(match[2])]].push({ names: [match[1]], label });
      },
    );
  }
  return locateVideos(
    classes,
    [{ name: "train", videos: parts.train }, { name: "test", videos: parts.test }],
    options,
  );
}
