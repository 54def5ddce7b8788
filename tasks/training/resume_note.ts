import type { Json } from "@videoms/core";
import { currentVersions } from "../run_folder/versions.ts";

/** What a run counts over all its processes. */
export interface RunCounts {
  /** Clips that it was handed, augmented copies too. */
  clips: number;
  /** Damaged clips that were replaced; the limit for them is one of the whole run. */
  replaced: number;
  /** By path: the files that these clips were to show, how many, and what was first wrong with one. */
  damaged: Record<string, { clips: number; error: string }>;
  /** Steps that were skipped since they were not finite. */
  skipped: number;
}

/** The small file beside the weights says what the next step depends on beside tensors. */
export interface ResumeNote {
  /** Steps done. */
  step: number;
  /** Where the next batch lies: pass over the list and step of that pass. */
  position: { epoch: number; step: number };
  counts: RunCounts;
  /** Versions of what wrote it: others may compute other last bits. */
  versions: Record<string, string>;
}

/** What is to be known when a run is taken up after `step` steps. */
export function resumeNote(step: number, stepsPerEpoch: number, counts: RunCounts): ResumeNote {
  return {
    step,
    position: { epoch: Math.floor(step / stepsPerEpoch), step: step % stepsPerEpoch },
    counts: { ...counts, damaged: { ...counts.damaged } },
    versions: { ...currentVersions() },
  };
}

function partialNote(info: Json): Partial<ResumeNote> {
  return typeof info === "object" && info !== null ? info as Partial<ResumeNote> : {};
}

/** The counts that a run goes on from; zeros for a fresh one. */
export function countsOf(info: Json): RunCounts {
  return { clips: 0, replaced: 0, skipped: 0, damaged: {}, ...partialNote(info).counts };
}

/**
 * Why a resumed run may differ from one that was never stopped: the list of videos has another length,
 * or something computes that did not before.
 */
export function reasonsToDiffer(info: Json, stepsPerEpoch: number): string[] {
  const { step, position, versions } = partialNote(info);
  const reasons: string[] = [];
  if (step !== undefined && position) {
    const now = resumeNote(step, stepsPerEpoch, countsOf(info)).position;
    if (now.epoch !== position.epoch || now.step !== position.step) {
      reasons.push("the number of training videos has changed");
    }
  }
  const changed = Object.entries(currentVersions())
    .filter(([name, version]) => versions?.[name] !== undefined && versions[name] !== version)
    .map(([name, version]) => `${name} was ${versions![name]} and is now ${version}`);
  return [...reasons, ...changed];
}
