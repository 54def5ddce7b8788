import { resolve } from "node:path";
import { decodeListText } from "./list_encoding.ts";

/**
 * Reads the text of an annotation file: UTF-8, or UTF-16 with a byte order mark, which is removed.
 *
 * @param file its path, absolute or relative to the current folder
 * @param what what errors call it
 * @throws {Deno.errors.NotFound} if there is no such file
 * @throws {Error} if it cannot be read or has another encoding
 */
export async function readListText(file: string, what = "annotations"): Promise<string> {
  const absolute = resolve(file);
  try {
    return decodeListText(await Deno.readFile(absolute));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw new Error(`Cannot read ${what} ${file}: ${(error as Error).message}`, {
        cause: error,
      });
    }
    throw new Deno.errors.NotFound(
      `Cannot read ${what} ${file}: the file must exist, got nothing at ${absolute}`,
    );
  }
}
