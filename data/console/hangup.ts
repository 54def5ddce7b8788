import { systemLibrary } from "@videoms/core/plain";

const SIGHUP = 1;

/** The handler that stands for a signal that is ignored. */
const IGNORED = 1n;

/** Room for a `struct sigaction`, whose first word is the handler. */
const ACTION_WORDS = 32;

/**
 * Whether this process was started by `nohup`, so that a closed terminal must not stop it. `nohup` only has
 * the signal ignored, which Deno undoes as soon as a program listens for any signal: this must be asked before.
 *
 * @returns false also where the system cannot be asked: without permission, or with another C library
 */
export function isHangupIgnored(): boolean {
  const library = systemLibrary(Deno.build.os);
  if (!library || Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return false;
  try {
    const system = Deno.dlopen(library, {
      sigaction: { parameters: ["i32", "pointer", "buffer"], result: "i32" },
    });
    const action = new BigUint64Array(ACTION_WORDS);
    const status = system.symbols.sigaction(SIGHUP, null, action);
    system.close();
    return status === 0 && action[0] === IGNORED;
  } catch {
    return false;
  }
}
