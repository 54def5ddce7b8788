import { dirname, join, resolve } from "node:path";
import { isImagePattern } from "../images/image_series.ts";
import { createLimiter } from "../process/limiter.ts";
import { firstOf } from "./first_of.ts";
import {
  DEFAULT_COLUMNS,
  lineReader,
  type ListColumn,
  listColumns,
  type ListedFrames,
  type ListLine,
} from "./list_columns.ts";
import { missingFiles } from "./missing_files.ts";
import { readListText } from "./read_list.ts";
import { readTargetLines, type TargetColumns, type TargetLine } from "./target_columns.ts";
import { isBare, videoPath } from "./video_path.ts";

/** One line of an annotation list. */
export interface Annotation {
  /** Absolute path of the video: a file, a folder of numbered images, or a pattern of images in a folder. */
  readonly path: string;
  /** Class, counted from 0. */
  readonly label: number;
  /** Line number in the list, from 1. */
  readonly line: number;
  /** The frames that the line is about. @default the whole video */
  readonly frames?: ListedFrames;
  /** What is predicted in place of a class, a value for each column. @default nothing, the label is a class */
  readonly targets?: readonly number[];
}

/** Options of {@linkcode parseAnnotations}. */
export interface ParseAnnotationsOptions {
  /** Path of the list, for messages and to resolve relative video paths. */
  file: string;
  /** Base folder of relative video paths. @default the folder of `file` */
  dataRoot?: string;
  /** Number of classes, which every label must be below. @default not checked */
  classes?: number;
  /**
   * What a line holds: `path`, then any of `start` (first frame, from 0), `frames` (their number, or -1 for all that
   * follow) and `label`.
   *
   * @default "path label"
   */
  columns?: string;
  /**
   * Columns of a CSV list with a header that are predicted in place of a class; its paths are in a column `path`.
   *
   * @default lists have labels and no header
   */
  targets?: TargetColumns;
  /** Pattern of the images in the folders that lines name, such as `img_%05d.jpg`. @default lines name videos */
  images?: string;
}

/**
 * Parses an annotation list, one `path label` per line, or other columns.
 *
 * The path may contain spaces; the last number of a line is the label. Blank lines, a byte order mark and
 * Windows line endings are accepted. As in the reference code, a file name without a dot gets the extension
 * `.mp4`.
 *
 * @throws {SyntaxError} if lines are malformed or there are none; lists the first ten
 * @throws {RangeError} if labels are not below `classes`; lists the first ten
 * @throws {RangeError} if `columns` or `images` are no columns and no pattern
 * @example
 * ```ts
 * import { parseAnnotations } from "@videoms/data";
 *
 * const [first] = parseAnnotations("my clips/a.avi 3\n", { file: "/data/train.txt" });
 * console.assert(first.path === "/data/my clips/a.avi" && first.label === 3);
 * ```
 */
export function parseAnnotations(text: string, options: ParseAnnotationsOptions): Annotation[] {
  return parseLines(text, options).map(({ annotation }) => annotation);
}

/** A line, and the path as it is written. */
interface ParsedLine {
  readonly annotation: Annotation;
  readonly written: string;
}

/** What is in a line, and where it is. */
type ReadLine = ListLine & Partial<TargetLine> & { readonly line: number };

function parseLines(text: string, options: ParseAnnotationsOptions): ParsedLine[] {
  const { file, dataRoot = dirname(file), classes = Infinity, images = "" } = options;
  const { columns = DEFAULT_COLUMNS, targets } = options;
  const known = listColumns(columns);
  checkPattern(images);
  const read: readonly ReadLine[] = targets
    ? readTargetLines(text, { file, columns: known, targets })
    : readPlainLines(text, file, known);
  const outOfRange = read.filter(({ label }) => label >= classes || !Number.isSafeInteger(label))
    .map(({ line, label }) => `line ${line}: ${label}`);
  if (outOfRange.length > 0) {
    throw new RangeError(
      `Cannot read annotations ${file}: labels must be below the number of classes (${classes}), ` +
        `got ${firstOf(outOfRange)}`,
    );
  }
  if (read.length === 0) {
    throw new SyntaxError(
      `Cannot read annotations ${file}: the list must contain a video, got an empty list`,
    );
  }
  return read.map(({ path: written, ...line }) => {
    const path = images === ""
      ? videoPath(written, dataRoot)
      : join(resolve(dataRoot, written), images);
    return { annotation: { path, ...line }, written };
  });
}

/** Reads lines whose columns are separated by spaces. */
function readPlainLines(text: string, file: string, columns: readonly ListColumn[]): ReadLine[] {
  const read = lineReader(columns);
  const lines: ReadLine[] = [];
  const malformed: string[] = [];
  text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/).forEach((content, index) => {
    if (content.trim() === "") return;
    const line = index + 1;
    const values = read(content);
    if (values) lines.push({ ...values, line });
    else malformed.push(`line ${line}: ${JSON.stringify(content)}`);
  });
  if (malformed.length === 0) return lines;
  const form = columns.join(" ");
  const numbers = form === DEFAULT_COLUMNS ? "a label from 0" : "numbers from 0";
  throw new SyntaxError(
    `Cannot read annotations ${file}: a line must be "${form}" with ${numbers}, got ` +
      firstOf(malformed),
  );
}

function checkPattern(images: string): void {
  if (images === "" || isImagePattern(images)) return;
  throw new RangeError(
    "Cannot read annotation lists: images must be a pattern of JPEG or PNG names, such as img_%05d.jpg, " +
      `got "${images}"`,
  );
}

/** Options of {@linkcode readAnnotations}. */
export interface ReadAnnotationsOptions extends Omit<ParseAnnotationsOptions, "file"> {
  /** Absolute paths of videos to exclude, whether missing or not. @default none */
  exclude?: ReadonlySet<string>;
  /** Whether to check that every video is a file or a folder. @default true */
  checkFiles?: boolean;
}

/**
 * Reads an annotation list and checks that every video is a file or a folder. A line without an extension names the
 * folder if there is no such `.mp4` file.
 *
 * @param file path of the list, absolute or relative to the current folder
 * @throws {Deno.errors.NotFound} if the list or videos are missing; lists the first ten videos
 * @throws {RangeError} if every video of the list is excluded
 * @throws as {@linkcode parseAnnotations}
 */
export async function readAnnotations(
  file: string,
  options: ReadAnnotationsOptions = {},
): Promise<Annotation[]> {
  const { exclude, checkFiles = true } = options;
  const text = await readListText(file);
  const lines = parseLines(text, { ...options, file: resolve(file) });
  const all = options.images ? lines.map((line) => line.annotation) : await withFolders(lines);
  const annotations = exclude ? all.filter(({ path }) => !exclude.has(path)) : all;
  if (annotations.length === 0) {
    throw new RangeError(
      `Cannot read annotations ${file}: a video must remain, got ${all.length} lines, all excluded`,
    );
  }
  if (checkFiles) await checkVideos(annotations, file);
  return annotations;
}

/** Lines that name a folder without saying so. */
async function withFolders(lines: readonly ParsedLine[]): Promise<Annotation[]> {
  const limiter = createLimiter(64); // on a network drive each file is a round trip
  return await Promise.all(lines.map(({ annotation, written }) => {
    if (!isBare(written)) return annotation;
    return limiter.run(async () => {
      if (await Deno.stat(annotation.path).catch(() => null)) return annotation;
      const path = annotation.path.slice(0, -".mp4".length);
      const found = await Deno.stat(path).catch(() => null);
      return found?.isDirectory ? { ...annotation, path } : annotation;
    });
  }));
}

async function checkVideos(annotations: readonly Annotation[], file: string): Promise<void> {
  const missing = await missingFiles(annotations.map(({ path }) => path), { folders: true });
  if (missing.size === 0) return;
  const problems = annotations.filter(({ path }) => missing.has(path))
    .map(({ path, line }) => `line ${line}: ${path} (${missing.get(path)})`);
  throw new Deno.errors.NotFound(
    `Cannot read annotations ${file}: every video must be a file or a folder of images, got ${
      firstOf(problems)
    }; ` +
      `relative paths are resolved from the list's folder unless a data root is given`,
  );
}
