import { isAbsolute, join, resolve } from "node:path";
import { environment } from "../files/environment.ts";

/** Name of our folder in the system's cache folder. */
const NAME = "videoms";

/**
 * The cache folder: `VIDEOMS_CACHE`, else `videoms` in the user's cache folder (`XDG_CACHE_HOME` or
 * `~/.cache`; on macOS `~/Library/Caches`, on Windows `LOCALAPPDATA`). It need not exist or be writable.
 *
 * @param read reads an environment variable @default the process's environment
 * @param os the operating system @default the current one
 * @returns an absolute path, or null if the environment names no such folder
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
  if (xdg && isAbsolute(xdg)) return join(xdg, NAME); // XDG says to ignore relative paths
  return home ? join(home, ".cache", NAME) : null;
}
