import { join } from "node:path";
import type { SiteFiles } from "./bundle_page.ts";

/** Lists the files of a page, so that a later one can take their place. */
const LIST = "files.json";

/** Names of files in a folder; null if there is no such folder. */
async function namesIn(folder: string): Promise<string[] | null> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/**
 * The files of an earlier page in a folder, which a new one takes the place of; none if there is no such folder.
 *
 * @throws {Error} if the folder holds something that is no page
 */
export async function earlierSite(folder: string): Promise<string[]> {
  const present = await namesIn(folder) ?? [];
  if (present.length === 0) return [];
  if (!present.includes(LIST)) {
    throw new Error(
      `Cannot write the page: "${folder}" must be empty or hold an earlier page, got other files; ` +
        "name another folder with --out",
    );
  }
  const earlier: string[] = JSON.parse(await Deno.readTextFile(join(folder, LIST)));
  return earlier.filter((name) => present.includes(name) && !/[\\/]/.test(name));
}

/**
 * Writes the files of a page into a folder, in place of those of an earlier page.
 *
 * @returns their size in bytes
 * @throws {Error} if the folder holds something that is no page
 */
export async function writeSite(folder: string, files: SiteFiles): Promise<number> {
  for (const name of await earlierSite(folder)) await Deno.remove(join(folder, name));
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, LIST), JSON.stringify([...files.keys()]));
  let size = 0;
  for (const [name, bytes] of files) {
    await Deno.writeFile(join(folder, name), bytes);
    size += bytes.length;
  }
  return size;
}
