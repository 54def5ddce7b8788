import { createLimiter } from "../process/limiter.ts";

/**
 * Looks which paths are no files, each path once.
 *
 * @returns why not, by path: "missing", "a folder", …
 */
export async function missingFiles(paths: Iterable<string>): Promise<Map<string, string>> {
  const limiter = createLimiter(64); // open files, on a network drive each one is a round trip
  const missing = new Map<string, string>();
  await Promise.all([...new Set(paths)].map((path) =>
    limiter.run(async () => {
      const problem = await whyNotAFile(path);
      if (problem !== null) missing.set(path, problem);
    })
  ));
  return missing;
}

async function whyNotAFile(path: string): Promise<string | null> {
  try {
    const { isFile, isDirectory } = await Deno.stat(path);
    if (isFile) return null;
    return isDirectory ? "a folder" : "not a regular file";
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? "missing" : (error as Error).message;
  }
}
