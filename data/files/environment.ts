/** An environment variable; undefined if it is not set or may not be read. */
export function environment(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    return undefined; // without permission, the same as not set
  }
}
