import { isAbsolute, join, resolve } from "node:path";
import { environment } from "../files/environment.ts";

/** Name of our folder within the one that a system keeps for caches. */
const NAME = "videoms";

/**
 * The folder for what can be found out or made again: that of the variable `VIDEOMS_CACHE`, else `videoms` in
 * the user's cache folder, which is `XDG_CACHE_HOME` or `~/.cache`, on macOS `~/Library/Caches` and on
 * Windows `LOCALAPPDATA`. It need not be there, nor be one that can be written to.
 *
 * @param read gives a value of the environment @default that of the process
 * @param os the system @default the one at hand
 * @returns an absolute path, or null where the environment names no such folder
 * @example
 * ```ts
 * import { userCacheFolder } from "@videoms/data";
 *
 * const home = (name: string) => name === "HOME" ? "/home/ada" : undefined;
 * console.assert(userCacheFolder(home, "linux") === "/home/ada/.cache/videoms");
 * ```
 */
export function userCacheFolder(
  read: (name: string) => string | undefined = environment,
  os: typeof Deno.build.os = Deno.build.os,
): string | null {
  const own = read("VIDEOMS_CACHE");
  if (own) return resolve(own);
  const home = read("HOME");
  if (os === "windows") {
    const local = read("LOCALAPPDATA");
    return local ? join(local, NAME) : null;
  }
  if (os === "darwin") return home ? join(home, "Library", "Caches", NAME) : null;
  const xdg = read("XDG_CACHE_HOME");
  if (xdg && isAbsolute(xdg)) return join(xdg, NAME); // a relative one is to be ignored, says XDG
  return home ? join(home, ".cache", NAME) : null;
}
