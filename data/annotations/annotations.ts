import { dirname, resolve } from "node:path";
import { firstOf } from "./first_of.ts";
import { missingFiles } from "./missing_files.ts";
import { readListText } from "./read_list.ts";
import { videoPath } from "./video_path.ts";

/** One line of an annotation list. */
export interface Annotation {
  /** Absolute path of the video. */
  readonly path: string;
  /** Class, counted from 0. */
  readonly label: number;
  /** Line number in the list, from 1. */
  readonly line: number;
}

/** Options of {@linkcode parseAnnotations}. */
export interface ParseAnnotationsOptions {
  /** Path of the list, for messages and to resolve relative video paths. */
  file: string;
  /** Base folder of relative video paths. @default the folder of `file` */
  dataRoot?: string;
  /** Number of classes, which every label must be below. @default not checked */
  classes?: number;
}

/**
 * Parses an annotation list, one `path label` per line.
 *
 * The path may contain spaces; the last number of a line is the label. Blank lines, a byte order mark and
 * Windows line endings are accepted. As in the reference code, a file name without a dot gets the extension
 * `.mp4`.
 *
 * @throws {SyntaxError} if lines are malformed or there are none; lists the first ten
 * @throws {RangeError} if labels are not below `classes`; lists the first ten
 * @example
 * ```ts
 * import { parseAnnotations } from "@videoms/data";
 *
 * const [first] = parseAnnotations("my clips/a.avi 3\n", { file: "/data/train.txt" });
 * console.assert(first.path === "/data/my clips/a.avi" && first.label === 3);
 * ```
 */
export function parseAnnotations(text: string, options: ParseAnnotationsOptions): Annotation[] {
  const { file, dataRoot = dirname(file), classes = Infinity } = options;
  const annotations: Annotation[] = [];
  const malformed: string[] = [];
  const outOfRange: string[] = [];
  text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/).forEach((content, index) => {
    if (content.trim() === "") return;
    const line = index + 1;
    const match = /^\s*(.+?)[ \t]+(\d+)\s*$/.exec(content);
    if (!match || match[1].includes("\0")) {
      malformed.push(`line ${line}: ${JSON.stringify(content)}`);
      return;
    }
    const label = Number(match[2]);
    if (label >= classes || !Number.isSafeInteger(label)) {
      outOfRange.push(`line ${line}: ${match[2]}`);
    }
    annotations.push({ path: videoPath(match[1], dataRoot), label, line });
  });
  if (malformed.length > 0) {
    throw new SyntaxError(
      `Cannot read annotations ${file}: a line must be "path label" with a label from 0, got ` +
        firstOf(malformed),
    );
  }
  if (outOfRange.length > 0) {
    throw new RangeError(
      `Cannot read annotations ${file}: labels must be below the number of classes (${classes}), ` +
        `got ${firstOf(outOfRange)}`,
    );
  }
  if (annotations.length === 0) {
    throw new SyntaxError(
      `Cannot read annotations ${file}: the list must contain a video, got an empty list`,
    );
  }
  return annotations;
}

/** Options of {@linkcode readAnnotations}. */
export interface ReadAnnotationsOptions extends Omit<ParseAnnotationsOptions, "file"> {
  /** Absolute paths of videos to exclude, whether missing or not. @default none */
  exclude?: ReadonlySet<string>;
  /** Whether to check that every video is a file. @default true */
  checkFiles?: boolean;
}

/**
 * Reads an annotation list and checks that every video is a file.
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
  const all = parseAnnotations(text, { ...options, file: resolve(file) });
  const annotations = exclude ? all.filter(({ path }) => !exclude.has(path)) : all;
  if (annotations.length === 0) {
    throw new RangeError(
      `Cannot read annotations ${file}: a video must remain, got ${all.length} lines, all excluded`,
    );
  }
  if (checkFiles) await checkVideos(annotations, file);
  return annotations;
}

async function checkVideos(annotations: readonly Annotation[], file: string): Promise<void> {
  const missing = await missingFiles(annotations.map(({ path }) => path));
  if (missing.size === 0) return;
  const problems = annotations.filter(({ path }) => missing.has(path))
    .map(({ path, line }) => `line ${line}: ${path} (${missing.get(path)})`);
  throw new Deno.errors.NotFound(
    `Cannot read annotations ${file}: every video must be a file, got ${firstOf(problems)}; ` +
      `relative paths are resolved from the list's folder unless a data root is given`,
  );
}
