import type { Communicator, Device, Json } from "@videoms/core";
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
    const { step, info } = JSON.parse(new TextDecoder().decode(await ranks.broadcast(NOTHING)));
    const bytes = await ranks.broadcast(NOTHING) as Uint8Array<ArrayBuffer>;
    const resumeFrom: StoredCheckpoint = { step, info, bytes, path: "rank 0", sha256: "" };
    return await openRunTensors(folder, device, { ...options, start: undefined, resumeFrom }, tell);
  }
  const tensors = await openRunTensors(folder, device, options, tell);
  if (ranks.size > 1) await send(ranks, tensors);
  return tensors;
}

const NOTHING = new Uint8Array(0);

async function send(
  ranks: Communicator,
  { subject, startStep, info }: { startStep: number; info: Json } & Pick<RunTensors, "subject">,
): Promise<void> {
  const note = JSON.stringify({ step: startStep, info });
  await ranks.broadcast(new TextEncoder().encode(note));
  const parts = await Array.fromAsync(checkpointBytes(await liveSource(subject), {}));
  await ranks.broadcast(new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer()));
}
