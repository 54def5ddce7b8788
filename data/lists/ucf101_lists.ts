import { basename, dirname, join } from "node:path";
import { locateVideos, type NamedVideo } from "./locate_videos.ts";
import { readLines } from "./read_lines.ts";
import type { VideoLists, VideoListsOptions } from "./video_lists.ts";

/** Options of {@linkcode ucf101Lists}. */
export interface Ucf101ListsOptions extends VideoListsOptions {
  /** Folder of the official splits: `classInd.txt`, `trainlist01.txt`, `testlist01.txt`, … */
  splits: string;
  /** Number of the split, 1 to 3. @default 1 */
  split?: number;
}

/**
 * Lists UCF101 by its official splits (`UCF101TrainTestSplits-RecognitionTask.zip`): `classInd.txt` (`1
 * ApplyEyeMakeup`, numbers from 1), `trainlist01.txt` (`ApplyEyeMakeup/v_….avi 1`) and `testlist01.txt`,
 * whose lines have no number. Labels are these numbers minus one.
 *
 * @throws {Deno.errors.NotFound} if a file of the splits or videos are missing
 * @throws {SyntaxError} if lines are malformed; lists the first ten
 * @example
 * ```ts
 * import { ucf101Lists } from "@videoms/data";
 *
 * const [splits, videos] = Deno.args;
 * if (videos) {
 *   const { lists: [train] } = await ucf101Lists({ splits, videos });
 *   console.log(train.videos.length); // 9537
 * }
 * ```
 */
export async function ucf101Lists(options: Ucf101ListsOptions): Promise<VideoLists> {
  const { splits, split = 1 } = options;
  const classes = await readClasses(join(splits, "classInd.txt"));
  const labels = new Map(classes.map((name, label) => [name, label]));
  const read = (file: string, isNumbered: boolean) =>
    readLines(
      join(splits, file),
      isNumbered
        ? '"Class/video.avi number" with a class of classInd.txt and its number'
        : '"Class/video.avi" with a class of classInd.txt',
      (content): NamedVideo | null => {
        const match = /^(.+?)(?:\s+(\d+))?$/.exec(content)!;
        const label = labels.get(basename(dirname(match[1])));
        if (label === undefined || (isNumbered && match[2] === undefined)) return null;
        const fits = match[2] === undefined || Number(match[2]) === label + 1;
        return fits ? { names: [basename(match[1])], label } : null;
      },
    );
  const number = String(split).padStart(2, "0");
  const train = await read(`trainlist${number}.txt`, true);
  const test = await read(`testlist${number}.txt`, false);
  return locateVideos(
    classes,
    [{ name: "train", videos: train }, { name: "test", videos: test }],
    options,
  );
}

/** Class names in the order of their numbers. */
async function readClasses(file: string): Promise<string[]> {
  const classes: string[] = [];
  const lines = await readLines(
    file,
    '"number Class" with numbers from 1, each once',
    (content) => {
      const match = /^(\d+)\s+(\S+)$/.exec(content);
      if (!match || match[1] === "0" || classes[Number(match[1]) - 1] !== undefined) return null;
      return classes[Number(match[1]) - 1] = match[2];
    },
  );
  if (classes.length === lines.length) return classes;
  throw new SyntaxError(
    `Cannot read ${file}: class numbers must be consecutive, got ${lines.length} up to ` +
      classes.length,
  );
}
