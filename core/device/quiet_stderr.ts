import { foreign } from "../parallel/foreign.ts";
import { systemLibrary } from "../parallel/system_library.ts";

const CALLS = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  dup: { parameters: ["i32"], result: "i32" },
  dup2: { parameters: ["i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

const STDERR = 2;

const WRITE_ONLY = 1;

const NOWHERE = new TextEncoder().encode("/dev/null\0");

type Calls = Readonly<Record<keyof typeof CALLS, (...args: unknown[]) => unknown>>;

/** The C functions; null in a browser, without permission, and where they are elsewhere. */
function systemCalls(): Calls | null {
  const deno = foreign();
  const path = deno && systemLibrary(deno.build.os);
  if (!path || deno.permissions.querySync({ name: "ffi", path }).state !== "granted") return null;
  try {
    return deno.dlopen(path, CALLS).symbols as Calls;
  } catch {
    return null; // another C library
  }
}

let calls: Calls | null | undefined;

/**
 * Does work whose native code writes to standard error what nobody asked for, and offers no way to stop it: what
 * this process writes there meanwhile is lost. Where that cannot be had, nothing is.
 *
 * @param work must not wait for anything
 */
export function withQuietStderr<T>(work: () => T): T {
  calls ??= systemCalls();
  if (!calls) return work();
  const { open, dup, dup2, close } = calls;
  const nowhere = open(NOWHERE, WRITE_ONLY);
  const kept = dup(STDERR);
  dup2(nowhere, STDERR);
  try {
    return work();
  } finally {
    dup2(kept, STDERR);
    close(kept);
    close(nowhere);
  }
}
