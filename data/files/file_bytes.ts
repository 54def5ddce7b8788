import type { ByteSource } from "@videoms/core";

/** Fills a buffer from an offset of a file. */
async function readAt(
  file: Deno.FsFile,
  offset: number,
  buffer: Uint8Array<ArrayBuffer>,
  path: string,
): Promise<void> {
  await file.seek(offset, Deno.SeekMode.Start);
  for (let filled = 0; filled < buffer.length;) {
    const count = await file.read(buffer.subarray(filled));
    if (count === null) {
      const end = offset + filled;
      throw new Error(
        `Cannot read ${path}: it must not shrink while it is read, got an end at ${end}`,
      );
    }
    filled += count;
  }
}

/**
 * Opens a file for random access.
 *
 * @throws {Error} if there is no such file
 */
export async function openFileBytes(path: string): Promise<ByteSource & Disposable> {
  const file = await Deno.open(path);
  let last: Promise<unknown> = Promise.resolve();
  return {
    name: path,
    size: (await file.stat()).size,
    read(offset, length) {
      const buffer = new Uint8Array(length);
      // A file has one read position, so reads are serialised.
      const done = last.then(() => readAt(file, offset, buffer, path));
      last = done.catch(() => {});
      return done.then(() => buffer);
    },
    [Symbol.dispose]: () => file.close(),
  };
}
