/**
 * The result of an operation on a file or folder, or null if there is none. Other errors are thrown.
 *
 * @example
 * ```ts
 * import { ifThere } from "@videoms/data/files";
 *
 * console.assert(await ifThere(Deno.readTextFile("/nowhere/notes.txt")) === null);
 * ```
 */
export async function ifThere<T>(operation: Promise<T>): Promise<T | null> {
  try {
    return await operation;
  } catch (error) {
    const { NotFound, NotADirectory } = Deno.errors;
    if (error instanceof NotFound || error instanceof NotADirectory) return null;
    throw error;
  }
}
