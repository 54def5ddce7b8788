/** A value of the environment; undefined where it is not set or may not be read. */
export function environment(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    return undefined; // no permission: the same as not set
  }
}
