import { dirname, resolve } from "node:path";
import { readListText } from "./read_list.ts";

/**
 * Reads a file of videos to leave out, a path a line. Blank lines, a byte order mark and Windows line ends
 * are accepted.
 *
 * @param file path of the file; a relative one starts from the current folder
 * @param options `dataRoot`: folder that relative paths start from, the folder of `file` by default
 * @returns absolute paths
 * @throws {Deno.errors.NotFound} if there is no such file
 */
export async function readExclusions(
  file: string,
  { dataRoot = dirname(resolve(file)) }: { dataRoot?: string } = {},
): Promise<Set<string>> {
  const text = await readListText(file);
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/);
  return new Set(lines.filter((line) => line.trim() !== "").map((line) => resolve(dataRoot, line)));
}
