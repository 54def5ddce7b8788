import { join } from "node:path";
import { folderEntries, ifThere } from "@videoms/data/files";

/** Files that a report is made from. */
const READ = /^(task|ablation|cell|evaluation)\.json$|^log\.jsonl$|\.png$/;

/** Folders that hold none of them, and much else. */
const WITHOUT = ["checkpoints", "best"];

/** Name, time and size of every file below a folder that a report is made from. */
async function states(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const { name, isDirectory } of await folderEntries(folder)) {
    const path = join(folder, name);
    if (isDirectory && !WITHOUT.includes(name)) found.push(...await states(path));
    const file = READ.test(name) ? await ifThere(Deno.stat(path)) : null;
    if (file) found.push(`${path} ${file.mtime?.getTime()} ${file.size}`);
  }
  return found;
}

/** What changes whenever a file changes that the report of some folders is made from; none of them is read. */
export async function filesVersion(folders: readonly string[]): Promise<string> {
  const text = (await Promise.all(folders.map(states))).flat().join("\n");
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(hash).toHex();
}
