import { createHash } from "node:crypto";
import { createLimiter } from "../process/limiter.ts";
import { fileHash } from "./file_hash.ts";
import type { VideoRecord } from "./video_record.ts";

/** What a set of videos consists of, byte for byte, wherever it lies. */
export interface Manifest {
  /** Tells such a file from others. */
  readonly format: "videoms-manifest";
  /** Version of the format. */
  readonly version: 1;
  /** SHA-256 over the files' hashes, sorted: the same for the same contents under any names. */
  readonly hash: string;
  /** The files, in the order of the list. */
  readonly files: readonly ManifestFile[];
}

/** A file of a {@linkcode Manifest}. */
export interface ManifestFile {
  /** Absolute path where the manifest was made. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Frames that decoding gives. */
  readonly frames: number;
  /** Of the content, as hexadecimal text. */
  readonly sha256: string;
}

/**
 * Hashes the files of records.
 *
 * @param onFile called after each file
 * @throws the reason of `signal`
 */
export async function makeManifest(
  records: readonly VideoRecord[],
  { onFile, signal }: { onFile?: () => void; signal?: AbortSignal } = {},
): Promise<Manifest> {
  const limiter = createLimiter(navigator.hardwareConcurrency);
  const distinct = [...new Map(records.map((record) => [record.path, record])).values()];
  const files = await Promise.all(
    distinct.map(({ path, size, frames }) =>
      limiter.run(async (): Promise<ManifestFile> => {
        signal?.throwIfAborted();
        const sha256 = await fileHash(path);
        onFile?.();
        return { path, size, frames, sha256 };
      })
    ),
  );
  const all = createHash("sha256");
  for (const hash of files.map(({ sha256 }) => sha256).sort()) all.update(hash);
  return { format: "videoms-manifest", version: 1, hash: all.digest("hex"), files };
}
