import { dirname, resolve } from "node:path";

/** What is at a path; null if nothing is. */
async function kindOf(path: string): Promise<"file" | "folder" | null> {
  try {
    return (await Deno.stat(path)).isDirectory ? "folder" : "file";
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error; // names the permission to give
    return null;
  }
}

/**
 * Checks, before the work whose result it is, that a file or folder can be made at a path, by making a file in the
 * nearest folder that is there, and removing it.
 *
 * @param what names the path, for messages: "--out"
 * @param kind what is to be made there
 * @throws {Error} if it cannot
 */
export async function requireWritable(
  path: string,
  what: string,
  kind: "file" | "folder",
): Promise<void> {
  let place = resolve(path);
  if (kind === "file" && await kindOf(place) === "file") return; // a device, such as /dev/stdout, has no folder to write to
  while (await kindOf(place) === null && dirname(place) !== place) place = dirname(place);
  try {
    await Deno.remove(await Deno.makeTempFile({ dir: place, prefix: ".videoms-" }));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    const why = await kindOf(place) === "file" ? "which is a file" : (error as Error).message;
    throw new Error(
      `Cannot write ${what}: "${path}" must be in a folder that can be written to, got "${place}", ${why}`,
    );
  }
}
