import { join, resolve } from "node:path";
import { userCacheFolder } from "../cache/user_cache.ts";
import { exists, makeFolder } from "./make_folder.ts";

/** Where videos that are made on the spot lie: a folder, and another one if it cannot be written to. */
export interface RenderedPlace {
  /** The folder that is there, or the one that would be made. */
  find(): Promise<{ folder: string; isThere: boolean }>;
  /**
   * Makes the folder unless one is there, whole or not at all.
   *
   * @param fill writes the content into the folder that it is given
   * @returns the folder
   * @throws {Error} if it must be made and none can be
   */
  make(fill: (unfinished: string) => Promise<void>): Promise<string>;
}

/**
 * The place of a data set below `dir`. Where that is the usual folder, which lies in the checkout, and the
 * checkout cannot be written to, the place is in the user's cache folder.
 *
 * @param dir option of the data set
 * @param usual its default
 * @param name holds all that the videos depend on: a folder of this name needs no second look
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
        `Cannot render videos: ${folder} must be a folder that can be made, got: ${
          failure!.message
        }; ` +
          "choose another with --set data.dataset.dir=<folder>",
      );
    },
  };
}

/** Whether something cannot be written to at all; lack of a permission of Deno's is another matter. */
function isUnwritable(error: unknown): error is Error {
  const { code } = error as { code?: string };
  return error instanceof Error && ["EROFS", "EACCES", "EPERM"].includes(code ?? "");
}
