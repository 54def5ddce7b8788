import type { Device, HostTensors, Json } from "@videoms/core";
import type { StoredCheckpoint } from "@videoms/data/files";
import { type CheckpointSubject, restoreCheckpoint } from "@videoms/models";
import { disposeSubject, openSubject, type SubjectOptions } from "@videoms/studio/train";
import type { RunFolder } from "../folder/run_folder.ts";
import { countsOf, reasonsToDiffer, type RunCounts } from "./resume_note.ts";

/** What the tensors of a run are made of. */
export interface RunTensorsOptions extends SubjectOptions {
  /** Steps of a pass over the list, to tell whether that has changed. */
  stepsPerEpoch: number;
  /** Values that differ from fresh ones, for a run without a checkpoint. @default none */
  start?: () => Promise<HostTensors>;
  /** Which checkpoint the run goes on from. @default the newest that is whole */
  resumeFrom?: StoredCheckpoint;
}

/** The tensors of a run, ready for its next step. */
export interface RunTensors {
  subject: CheckpointSubject;
  startStep: number;
  /** What was saved beside the checkpoint; null without one. */
  info: Json;
  /** What the run has counted so far; it goes on counting there. */
  counts: RunCounts;
}

async function newestCheckpoint(
  folder: RunFolder,
  tell: (text: string) => void,
): Promise<StoredCheckpoint | null> {
  const { checkpoint, damaged } = await folder.checkpoints.find();
  for (const { path, reason } of damaged) tell(`Skipping checkpoint ${path}: ${reason}`);
  if (!checkpoint && damaged.length > 0) {
    throw new Error(
      `Cannot resume the run in "${folder.path}": a checkpoint must be whole, got ${damaged.length} ` +
        "damaged. Start anew with --fresh, or choose another folder with --out.",
    );
  }
  return checkpoint;
}

/**
 * Weights, optimiser and average of a run: from its checkpoint where it has one, else from `start`,
 * else fresh.
 *
 * @throws {Error} if every checkpoint of the run is damaged
 */
export async function openRunTensors(
  folder: RunFolder,
  device: Device,
  options: RunTensorsOptions,
  tell: (text: string) => void,
): Promise<RunTensors> {
  const checkpoint = options.resumeFrom ?? await newestCheckpoint(folder, tell);
  const given = checkpoint ? new Map() : await options.start?.() ?? new Map();
  const subject = openSubject(device, options, given);
  if (checkpoint) {
    try {
      restoreCheckpoint(subject, checkpoint.bytes, checkpoint.path);
    } catch (error) {
      disposeSubject(subject);
      throw error;
    }
    tell(`Resuming from ${checkpoint.path}, step ${checkpoint.step}`);
  }
  const info = checkpoint?.info ?? null;
  const reasons = reasonsToDiffer(info, options.stepsPerEpoch, device);
  if (reasons.length > 0) {
    tell(
      `The run may end with other weights than one that was never stopped: ${reasons.join("; ")}`,
    );
  }
  return { subject, startStep: checkpoint?.step ?? 0, info, counts: countsOf(info) };
}
