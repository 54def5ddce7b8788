import { ifThere } from "./if_there.ts";

/**
 * Reads a JSON file; null if there is none.
 *
 * @throws {Error} if it is not JSON
 */
export async function readJsonIfThere<Value>(path: string): Promise<Value | null> {
  const text = await ifThere(Deno.readTextFile(path));
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`Cannot read "${path}": it must be JSON, got ${(error as Error).message}`);
  }
}
