import { type Communicator, type Device, valueOfFirst } from "@videoms/core";
import { checkpointBytes, liveSource } from "@videoms/models";
import type { StoredCheckpoint } from "@videoms/data/files";
import type { RunFolder } from "../folder/run_folder.ts";
import { openRunTensors, type RunTensors, type RunTensorsOptions } from "./run_tensors.ts";

/**
 * The tensors of a run on every rank: rank 0 opens them as {@linkcode openRunTensors} does, and the others get its
 * state as a checkpoint, whether it was read or is new.
 */
export async function openSharedTensors(
  ranks: Communicator,
  folder: RunFolder,
  device: Device,
  options: RunTensorsOptions,
  tell: (text: string) => void,
): Promise<RunTensors> {
  if (ranks.rank > 0) {
    const note = await valueOfFirst(ranks, NOTHING);
    const bytes = await ranks.broadcast(new Uint8Array(0)) as Uint8Array<ArrayBuffer>;
    const resumeFrom: StoredCheckpoint = { ...note, bytes, path: "rank 0", sha256: "" };
    return await openRunTensors(folder, device, { ...options, start: undefined, resumeFrom }, tell);
  }
  const tensors = await openRunTensors(folder, device, options, tell);
  if (ranks.size === 1) return tensors;
  await valueOfFirst(ranks, { step: tensors.startStep, info: tensors.info });
  const parts = await Array.fromAsync(checkpointBytes(await liveSource(tensors.subject), {}));
  await ranks.broadcast(new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer()));
  return tensors;
}

/** What ranks other than the first have to say of it. */
const NOTHING: Pick<StoredCheckpoint, "step" | "info"> = { step: 0, info: null };
