import { join } from "node:path";
import { firstOf } from "../annotations/first_of.ts";
import { locateVideos, type NamedVideo } from "./locate_videos.ts";
import { readJson } from "./read_lines.ts";
import { visibleEntries } from "./video_folder.ts";
import type { VideoLists, VideoListsOptions } from "./video_lists.ts";

/** Options of {@linkcode ssv2Lists}. */
export interface Ssv2ListsOptions extends VideoListsOptions {
  /** Folder of `train.json`, `validation.json` and `labels.json`. */
  annotations: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** File name prefix of the first release. */
const LONG = "something-something-v2-";

/**
 * Lists Something-Something v2: `labels.json` (`{ "Holding something": "0", … }`), `train.json` and
 * `validation.json` (`[{ "id": "78687", "template": "Holding [something]", … }]`), each also under the longer
 * name `something-something-v2-….json`. A class is a template without brackets; videos are `<id>.webm`, or
 * converted. Test videos are not listed, since their labels are not in these files.
 *
 * @throws {Deno.errors.NotFound} if a file of the annotations or videos are missing
 * @throws {SyntaxError} if entries are malformed; lists the first ten
 * @example
 * ```ts
 * import { ssv2Lists } from "@videoms/data";
 *
 * const [annotations, videos] = Deno.args;
 * if (videos) {
 *   const { classes } = await ssv2Lists({ annotations, videos });
 *   console.log(classes.length); // 174
 * }
 * ```
 */
export async function ssv2Lists(options: Ssv2ListsOptions): Promise<VideoLists> {
  const { annotations } = options;
  const classes = await readClasses(await annotationFile(annotations, "labels"));
  const labels = new Map(classes.map((name, label) => [name, label]));
  const read = async (name: string) => ({
    name,
    videos: await readVideos(await annotationFile(annotations, name), labels),
  });
  return locateVideos(classes, [await read("train"), await read("validation")], options);
}

/** The path of a file, under its short or long name. */
async function annotationFile(folder: string, name: string): Promise<string> {
  const names = [`${name}.json`, `${LONG}${name}.json`];
  const there = new Set((await visibleEntries(folder)).map((entry) => entry.name));
  const found = names.find((one) => there.has(one));
  if (found) return join(folder, found);
  throw new Deno.errors.NotFound(
    `Cannot list videos: ${folder} must contain ${names.join(" or ")}, got neither`,
  );
}

/** Class names by label. */
async function readClasses(file: string): Promise<string[]> {
  const content = await readJson(file);
  const entries = isObject(content) ? Object.entries(content) : [];
  const classes: string[] = [];
  for (const [name, label] of entries) {
    const number = /^\d+$/.test(String(label)) ? Number(label) : NaN;
    if (!(number < entries.length) || classes[number] !== undefined) {
      throw new SyntaxError(
        `Cannot read ${file}: labels must be 0 to ${entries.length - 1}, each once, got ` +
          `${JSON.stringify(label)} for "${name}"`,
      );
    }
    classes[number] = name;
  }
  if (entries.length > 0) return classes;
  throw new SyntaxError(
    `Cannot read ${file}: it must be of the form { "Holding something": "0", … }, got no entries`,
  );
}

async function readVideos(
  file: string,
  labels: ReadonlyMap<string, number>,
): Promise<NamedVideo[]> {
  const content = await readJson(file);
  const rule =
    'it must be of the form [{ "id": "78687", "template": "Holding [something]" }, …] with ' +
    "the templates of the labels";
  if (!Array.isArray(content) || content.length === 0) {
    throw new SyntaxError(`Cannot read ${file}: ${rule}, got no entries`);
  }
  const malformed: string[] = [];
  const videos = content.flatMap((entry: unknown, index): NamedVideo[] => {
    const { id, template } = isObject(entry) ? entry : {};
    const label = labels.get(String(template).replaceAll(/[[\]]/g, ""));
    if (/^\d+$/.test(String(id)) && label !== undefined) return [{ names: [`${id}.webm`], label }];
    malformed.push(`entry ${index + 1}: ${JSON.stringify({ id, template })}`);
    return [];
  });
  if (malformed.length === 0) return videos;
  throw new SyntaxError(`Cannot read ${file}: ${rule}, got ${firstOf(malformed)}`);
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
