import { resolve } from "node:path";
import { decodeListText } from "./list_encoding.ts";

/**
 * The text of an annotation file: UTF-8, or UTF-16 with a byte order mark. The mark is left out.
 *
 * @param file its path; a relative one starts from the current folder
 * @throws {Deno.errors.NotFound} if there is none
 * @throws {Error} if it cannot be read, or is in another encoding
 */
export async function readListText(file: string): Promise<string> {
  const absolute = resolve(file);
  try {
    return decodeListText(await Deno.readFile(absolute));
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
