/**
 * The thread that writes checkpoints while training goes on: layout, checksum and disk are its work. On the
 * CPU engine the main thread is in steps all the time and would get to a write but once in a step.
 *
 * @module
 */

import type { Json } from "@videoms/core";
import { CheckpointStore, type Retention } from "@videoms/data/files";
import {
  checkpointBytes,
  type CheckpointSnapshot,
  snapshotSource,
} from "@videoms/models/checkpoint";

/** A checkpoint to be written. */
export interface WriteJob {
  folder: string;
  step: number;
  snapshot: CheckpointSnapshot;
  metadata: Readonly<Record<string, string>>;
  info: Json;
  retention: Retention;
}

/** What became of it. */
export type WriteResult = { path: string } | { error: string };

/** What a worker's global scope has; the libraries that a package is checked with have it not. */
interface WorkerScope {
  onmessage: (event: { data: WriteJob }) => void;
  postMessage(result: WriteResult): void;
}

const scope = globalThis as typeof globalThis & WorkerScope;

scope.onmessage = async ({ data: { folder, step, snapshot, metadata, info, retention } }) => {
  const parts = checkpointBytes(snapshotSource(snapshot), metadata);
  try {
    scope.postMessage({
      path: await new CheckpointStore(folder).save(step, parts, info, retention),
    });
  } catch (error) {
    scope.postMessage({ error: (error as Error).message });
  }
};
