/**
 * Appends bytes to a file whole: those of which only the front could be written are taken back.
 *
 * @param file opened for appending
 * @param length bytes that are in it
 */
export function appendWhole(file: Deno.FsFile, length: number, bytes: Uint8Array): void {
  try {
    for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
  } catch (error) {
    file.truncateSync(length);
    throw error;
  }
}
