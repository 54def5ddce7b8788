import { ifThere } from "../files/if_there.ts";
/**
 * Creates a folder atomically: `fill` works in a temporary folder beside it, which is then renamed. An
 * existing folder is left unchanged.
 *
 * @param folder absolute path; parents are created
 * @param fill writes the content into the given folder
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

/** Renames the finished folder, unless another process was first. */
async function rename(unfinished: string, folder: string): Promise<void> {
  try {
    await Deno.rename(unfinished, folder);
  } catch (error) {
    if (!await exists(folder)) throw error;
    await Deno.remove(unfinished, { recursive: true });
  }
}

/** Whether a file or folder exists. */
export async function exists(path: string): Promise<boolean> {
  return await ifThere(Deno.stat(path)) !== null;
}
