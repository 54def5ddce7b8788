/** The part of Deno's namespace by which C libraries are called; missing in browsers. */
export interface DenoForeign {
  build: { os: string };
  permissions: {
    querySync(
      descriptor: { name: "ffi"; path: string } | { name: "env"; variable: string },
    ): { state: string };
  };
  env: { get(name: string): string | undefined };
  dlopen(path: string, symbols: Readonly<Record<string, unknown>>): {
    symbols: Record<string, (...args: unknown[]) => unknown>;
  };
  UnsafePointer: {
    of(view: Uint8Array | BigUint64Array): object | null;
    value(pointer: object | null): bigint;
  };
}

/** Deno's namespace, or undefined in a browser. */
export function foreign(): DenoForeign | undefined {
  const { Deno: deno } = globalThis as unknown as { Deno?: DenoForeign };
  return deno?.dlopen ? deno : undefined;
}

/** Whether a variable of the environment may be read without a prompt. */
export function mayRead(deno: DenoForeign, variable: string): boolean {
  return deno.permissions.querySync({ name: "env", variable }).state === "granted";
}
