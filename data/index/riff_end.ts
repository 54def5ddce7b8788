/** Bytes of a chunk header: name and size. */
const HEAD_BYTES = 8;

/**
 * Whether an AVI file is truncated, judged by the sizes of its chunks. The number of frames in its header
 * does not show that, since it includes frames dropped in recording.
 */
export function missesItsEnd(path: string): boolean {
  using file = Deno.openSync(path);
  const size = file.statSync().size;
  const head = new Uint8Array(HEAD_BYTES);
  let at = 0; // large files have several RIFF chunks
  while (at < size) {
    file.seekSync(at, Deno.SeekMode.Start);
    const count = file.readSync(head) ?? 0;
    if (count < HEAD_BYTES || new TextDecoder().decode(head.subarray(0, 4)) !== "RIFF") break;
    const length = new DataView(head.buffer).getUint32(4, true);
    at += HEAD_BYTES + length + length % 2;
  }
  return at > size + 1; // the last padding byte may be missing
}
