import { createHash } from "node:crypto";
import { createLimiter } from "../process/limiter.ts";
import { contentHash } from "./content_hash.ts";
import type { VideoRecord } from "./video_record.ts";

/** The exact contents of a set of videos, independent of location. */
export interface Manifest {
  /** Name of the format. */
  readonly format: "videoms-manifest";
  /** Version of the format. */
  readonly version: 1;
  /** SHA-256 over the files' sorted hashes: the same for the same contents under any names. */
  readonly hash: string;
  /** The files, in list order. */
  readonly files: readonly ManifestFile[];
}

/** A file of a {@linkcode Manifest}. */
export interface ManifestFile {
  /** Absolute path when the manifest was made. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Number of decodable frames. */
  readonly frames: number;
  /** Hexadecimal SHA-256 of the content; of images, of all of them in order. */
  readonly sha256: string;
}

/**
 * Makes the manifest of some files.
 *
 * @param onFile called after each file
 * @throws the signal's reason
 */
export async function makeManifest(
  records: readonly VideoRecord[],
  { onFile, signal }: { onFile?: () => void; signal?: AbortSignal } = {},
): Promise<Manifest> {
  const limiter = createLimiter(navigator.hardwareConcurrency);
  const distinct = [...new Map(records.map((record) => [record.path, record])).values()];
  const files = await Promise.all(
    distinct.map((record) =>
      limiter.run(async (): Promise<ManifestFile> => {
        signal?.throwIfAborted();
        const { path, size, frames } = record;
        const sha256 = await contentHash(record);
        onFile?.();
        return { path, size, frames, sha256 };
      })
    ),
  );
  const all = createHash("sha256");
  for (const hash of files.map(({ sha256 }) => sha256).sort()) all.update(hash);
  return { format: "videoms-manifest", version: 1, hash: all.digest("hex"), files };
}
