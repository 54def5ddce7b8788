import { dirname } from "node:path";
import { isImagePattern } from "../images/image_series.ts";
import { createLimiter } from "../process/limiter.ts";

/** The meaning of U+FFFD in a path: programs write it for bytes that they cannot decode. */
const NOT_UTF8 = "\uFFFD stands for bytes that are not UTF-8: rename the file, names must be UTF-8";

/** Options of {@linkcode missingFiles}. */
export interface MissingFilesOptions {
  /**
   * Size of each indexed file in bytes, by path: another size means another file. Modification times are not
   * compared, since copies of a data set differ in them.
   */
  sizes?: ReadonlyMap<string, number>;
  /** Whether folders, and patterns of images in one, are as good as files. @default false */
  folders?: boolean;
}

/**
 * Finds paths that are not files; each path is checked once.
 *
 * @returns the reason by path: "missing", "a folder", …
 */
export async function missingFiles(
  paths: Iterable<string>,
  { sizes, folders = false }: MissingFilesOptions = {},
): Promise<Map<string, string>> {
  const limiter = createLimiter(64); // on a network drive each file is a round trip
  const missing = new Map<string, string>();
  await Promise.all([...new Set(paths)].map((path) =>
    limiter.run(async () => {
      const problem = await whyNotAFile(path, sizes?.get(path));
      if (problem === null || (folders && await isFolder(path))) return;
      missing.set(path, problem);
    })
  ));
  return missing;
}

async function whyNotAFile(path: string, indexed?: number): Promise<string | null> {
  try {
    const { isFile, isDirectory, size } = await Deno.stat(path);
    if (isFile && (indexed === undefined || size === indexed)) return null;
    if (isFile) return `not the indexed file: ${size} bytes instead of ${indexed}`;
    return isDirectory ? "a folder" : "not a regular file";
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return (error as Error).message;
    return path.includes("\uFFFD") ? `missing; ${NOT_UTF8}` : "missing";
  }
}

async function isFolder(path: string): Promise<boolean> {
  const folder = isImagePattern(path) ? dirname(path) : path;
  return (await Deno.stat(folder).catch(() => null))?.isDirectory === true;
}
