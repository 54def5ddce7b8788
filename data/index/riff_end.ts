/** Bytes of the head of a chunk: its name and its size. */
const HEAD_BYTES = 8;

/**
 * Whether an AVI file ends before its parts do, by the sizes that they state: something was cut off. The
 * number of frames in its header does not tell that, as it counts frames that were dropped in recording.
 */
export function missesItsEnd(path: string): boolean {
  using file = Deno.openSync(path);
  const size = file.statSync().size;
  const head = new Uint8Array(HEAD_BYTES);
  let at = 0; // large files consist of several parts
  while (at < size) {
    file.seekSync(at, Deno.SeekMode.Start);
    const count = file.readSync(head) ?? 0;
    if (count < HEAD_BYTES || new TextDecoder().decode(head.subarray(0, 4)) !== "RIFF") break;
    const length = new DataView(head.buffer).getUint32(4, true);
    at += HEAD_BYTES + length + length % 2;
  }
  return at > size + 1; // the byte that makes the last size even may be left out
}
