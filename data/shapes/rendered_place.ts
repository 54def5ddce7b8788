import { join, resolve } from "node:path";
import { userCacheFolder } from "../cache/user_cache.ts";
import { exists, makeFolder } from "./make_folder.ts";

/** The folder of rendered videos, with a fallback if it cannot be written to. */
export interface RenderedPlace {
  /** The existing folder, or the one that would be created. */
  find(): Promise<{ folder: string; isThere: boolean }>;
  /**
   * Creates the folder atomically unless it exists.
   *
   * @param fill writes the content into the given folder
   * @returns the folder
   * @throws {Error} if it is missing and cannot be created
   */
  make(fill: (unfinished: string) => Promise<void>): Promise<string>;
}

/**
 * Finds the folder of a data set below `dir`. If that is the default, which is in the checkout, and the
 * checkout is not writable, the user's cache folder is used.
 *
 * @param dir option of the data set
 * @param usual its default
 * @param name includes everything that the videos depend on, so that an existing folder is valid
 */
export function renderedPlace(dir: string, usual: string, name: string): RenderedPlace {
  const cache = dir === usual ? userCacheFolder() : null;
  const folders = [join(resolve(dir), name), ...cache ? [join(cache, dir, name)] : []];
  const find: RenderedPlace["find"] = async () => {
    for (const folder of folders) if (await exists(folder)) return { folder, isThere: true };
    return { folder: folders[0], isThere: false };
  };
  return {
    find,
    async make(fill) {
      const { folder, isThere } = await find();
      if (isThere) return folder;
      let failure: Error | null = null;
      for (const one of folders) {
        try {
          await makeFolder(one, fill);
          return one;
        } catch (error) {
          if (!isUnwritable(error)) throw error;
          failure ??= error;
        }
      }
      throw new Error(
        `Cannot prepare videos: ${folder} must be a folder that can be created, got: ${
          failure!.message
        }; ` +
          "choose another with --set data.dataset.dir=<folder>",
      );
    },
  };
}

/** Whether an error means that a folder is not writable, other than by Deno's permissions. */
function isUnwritable(error: unknown): error is Error {
  const { code } = error as { code?: string };
  return error instanceof Error && ["EROFS", "EACCES", "EPERM"].includes(code ?? "");
}
