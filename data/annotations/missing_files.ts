import { createLimiter } from "../process/limiter.ts";

/** What U+FFFD in a path tells, which programs write for what they cannot decode. */
const NOT_UTF8 = "\uFFFD stands for bytes that are not UTF-8: rename the file, names must be UTF-8";

/**
 * Looks which paths are no files, each path once.
 *
 * @param sizes bytes that files had when they were indexed, by path: another size is another file (its
 * time is not asked, since copies of a data set have other times)
 * @returns why not, by path: "missing", "a folder", …
 */
export async function missingFiles(
  paths: Iterable<string>,
  sizes?: ReadonlyMap<string, number>,
): Promise<Map<string, string>> {
  const limiter = createLimiter(64); // open files, on a network drive each one is a round trip
  const missing = new Map<string, string>();
  await Promise.all([...new Set(paths)].map((path) =>
    limiter.run(async () => {
      const problem = await whyNotAFile(path, sizes?.get(path));
      if (problem !== null) missing.set(path, problem);
    })
  ));
  return missing;
}

async function whyNotAFile(path: string, indexed?: number): Promise<string | null> {
  try {
    const { isFile, isDirectory, size } = await Deno.stat(path);
    if (isFile && (indexed === undefined || size === indexed)) return null;
    if (isFile) return `not the file that was indexed, which had ${indexed} bytes and not ${size}`;
    return isDirectory ? "a folder" : "not a regular file";
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return (error as Error).message;
    return path.includes("\uFFFD") ? `missing; ${NOT_UTF8}` : "missing";
  }
}
