import { indexCache, indexVideos, readAnnotations } from "@videoms/data";
import {
  type CommandInput,
  createProgress,
  type FlagSpecs,
  type PositionalSpec,
} from "@videoms/data/console";

/** Flags that say how a list is written. */
export const FORM_FLAGS = {
  columns: {
    type: "text",
    default: "path label",
    help: "what a line holds: path, then any of start, frames and label",
  },
  images: { type: "text", value: "pattern", help: "images in folders, such as img_%05d.jpg" },
} as const satisfies FlagSpecs;

/** Flag for images, which have no times of their own. */
export const IMAGE_RATE_FLAG = {
  imageFps: { type: "number", default: 0, help: "frames per second of images in the list" },
} as const satisfies FlagSpecs;

/** Flags of commands that read an annotation list. */
export const LIST_FLAGS = {
  dataRoot: { type: "folder", help: "base of relative paths in the list (default: its folder)" },
  ...FORM_FLAGS,
  workers: { type: "whole", least: 1, help: "ffmpeg processes at a time (default: all cores)" },
} as const satisfies FlagSpecs;

export const LIST_ARGUMENT: PositionalSpec = {
  name: "list",
  type: "path",
  help: "annotation list, a line per video or folder of images: path label",
};

/** What such a command was given. */
export type ListInput = Pick<CommandInput<typeof LIST_FLAGS>, "flags" | "signal" | "output">;

/** A list and what is known of its videos. */
export type IndexedList = Awaited<ReturnType<typeof indexList>>;

/** Reads a list and indexes its videos. Without `checkFiles`, a missing file is an unreadable video, and no error. */
export async function indexList(
  list: string,
  { flags: { dataRoot, columns, images, workers }, signal, output }: ListInput,
  checkFiles: boolean,
) {
  const annotations = await readAnnotations(list, { dataRoot, columns, images, checkFiles });
  const paths = annotations.map(({ path }) => path);
  using progress = createProgress(output.status, "indexing videos", new Set(paths).size, "videos");
  let probed = 0;
  const entries = await indexVideos(paths, {
    ...indexCache(output.printError),
    concurrency: workers,
    thorough: true,
    signal,
    onProgress: (now) => {
      probed = now.probed;
      progress.update(now.done);
    },
  });
  const files = [...new Map(entries.map((entry) => [entry.path, entry])).values()];
  return {
    /** Row by row. */
    annotations,
    /** Row by row. */
    entries,
    /** Records of the readable files, each once. */
    records: files.flatMap((entry) => "record" in entry ? [entry.record] : []),
    /** Reasons why files cannot be read, by path. */
    unreadable: new Map(
      files.flatMap((entry) => "error" in entry ? [[entry.path, entry.error] as const] : []),
    ),
    /** Distinct files that had to be probed now. */
    probed,
  };
}
