import { createHash } from "node:crypto";

/**
 * SHA-256 of a file's content, as hexadecimal text; a file of any size, in little memory.
 *
 * @throws {Deno.errors.NotFound} if there is none
 */
export async function fileHash(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  for await (const chunk of file.readable) hash.update(chunk);
  return hash.digest("hex");
}
