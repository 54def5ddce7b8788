import { join } from "node:path";
import { folderEntries, requireOwnFolder } from "@videoms/data/files";
import type { SiteFiles } from "./bundle_page.ts";

/** Lists the files of a page, so that a later one can take their place. */
const LIST = "files.json";

/**
 * The files of an earlier page in a folder, which a new one takes the place of; none if there is no such folder.
 *
 * @throws {Error} if the folder holds something that is no page
 */
export async function earlierSite(folder: string): Promise<string[]> {
  const own = { act: "write a page to", what: "an earlier page", record: LIST };
  if (!await requireOwnFolder(folder, own)) return [];
  const earlier: string[] = JSON.parse(await Deno.readTextFile(join(folder, LIST)));
  return (await folderEntries(folder)).map(({ name }) => name)
    .filter((name) => earlier.includes(name));
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
