import { createHash } from "node:crypto";

/** The SHA-256 of a file, in hexadecimal digits; a piece of it is in memory at a time. */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  const piece = new Uint8Array(2 ** 20);
  for (let read = 0; (read = await file.read(piece) ?? 0) > 0;) {
    hash.update(piece.subarray(0, read));
  }
  return hash.digest("hex");
}
