import { resolve } from "node:path";

/**
 * The text of an annotation file.
 *
 * @param file its path; a relative one starts from the current folder
 * @throws {Deno.errors.NotFound} if there is none
 */
export async function readListText(file: string): Promise<string> {
  const absolute = resolve(file);
  try {
    return await Deno.readTextFile(absolute);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw new Error(`Cannot read annotations ${file}: ${(error as Error).message}`, {
        cause: error,
      });
    }
    throw new Deno.errors.NotFound(
      `Cannot read annotations ${file}: the list must exist, got nothing at ${absolute}`,
    );
  }
}
