import { createHash } from "node:crypto";

/**
 * Hexadecimal SHA-256 of a file, computed in little memory.
 *
 * @throws {Deno.errors.NotFound} if there is no such file
 */
export async function fileHash(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  for await (const chunk of file.readable) hash.update(chunk);
  return hash.digest("hex");
}
