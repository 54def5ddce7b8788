import { resolve } from "node:path";
import { environment } from "../files/environment.ts";
import { isAddress } from "../files/module_address.ts";

/** Where the paths of a command line start: those that were typed, and those of the program itself. */
export interface UserPaths {
  /** Whether the user is in another folder than the process. */
  readonly isElsewhere: boolean;
  /** A path as it was typed: a relative one starts at the folder that the user is in. */
  typed(path: string): string;
  /** A path below the folder that the process runs in, such as `runs/look`, as the user can use it. */
  own(path: string): string;
}

/**
 * Paths for a user who is in some folder. Where the process runs in that very folder they stay as they are;
 * else they are absolute, which holds for both.
 *
 * @param folder where the user is @default the folder that the process runs in
 */
export function userPaths(folder: string = Deno.cwd()): UserPaths {
  const isElsewhere = resolve(folder) !== Deno.cwd();
  const from = (start: string) => (path: string) =>
    !isElsewhere || path === "" || isAddress(path) ? path : resolve(start, path);
  return { isElsewhere, typed: from(folder), own: from(Deno.cwd()) };
}

/** The real path of a file or folder; null if there is none, or none that may be read. */
function realPath(path: string): string | null {
  try {
    return Deno.realPathSync(path);
  } catch {
    return null;
  }
}

/**
 * The folder that the user is in. `deno task` starts programs in the folder of its `deno.json` and says in
 * `INIT_CWD` where it was called. A program in another folder was started there by `deno run` or
 * `deno task --cwd`, and a value of `INIT_CWD` is left over from some task around it.
 */
export function userFolder(): string {
  const here = Deno.cwd();
  const from = environment("INIT_CWD");
  const holdsTasks = ["deno.json", "deno.jsonc", "package.json"].some((name) => realPath(name));
  const real = from && holdsTasks ? realPath(from) : null;
  return real === null || real === realPath(here) ? here : from!;
}
