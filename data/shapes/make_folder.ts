import { ifThere } from "../files/if_there.ts";
/**
 * Makes a folder once, whole or not at all: `fill` works in a folder beside it, which is put in its
 * place when all is there. A folder that exists is left as it is.
 *
 * @param folder absolute path; its parents are made
 * @param fill writes the content into the folder that it is given
 */
export async function makeFolder(
  folder: string,
  fill: (unfinished: string) => Promise<void>,
): Promise<void> {
  if (await exists(folder)) return;
  const unfinished = `${folder}.unfinished-${crypto.randomUUID().slice(0, 8)}`;
  await Deno.mkdir(unfinished, { recursive: true });
  try {
    await fill(unfinished);
    await rename(unfinished, folder);
  } catch (error) {
    await Deno.remove(unfinished, { recursive: true });
    throw error;
  }
}

/** Puts the finished folder in its place, unless another process was there first. */
async function rename(unfinished: string, folder: string): Promise<void> {
  try {
    await Deno.rename(unfinished, folder);
  } catch (error) {
    if (!await exists(folder)) throw error;
    await Deno.remove(unfinished, { recursive: true });
  }
}

/** Whether there is a file or a folder at a path. */
export async function exists(path: string): Promise<boolean> {
  return await ifThere(Deno.stat(path)) !== null;
}
