import { cpus, hostname } from "node:os";
import type { Device, Json } from "@videoms/core";
import { currentVersions } from "../folder/versions.ts";

/** What a run counts over all its processes. */
export type RunCounts = {
  /** Clips that it was handed, augmented copies too. */
  clips: number;
  /** Damaged clips that were replaced; the limit for them is one of the whole run. */
  replaced: number;
  /** By path: the files that these clips were to show, how many, and what was first wrong with one. */
  damaged: Record<string, { clips: number; error: string }>;
  /** Steps that were skipped since they were not finite. */
  skipped: number;
};

/** The small file beside the weights says what the next step depends on beside tensors. */
export type ResumeNote = {
  step: number;
  /** Where the next batch lies: pass over the list and step of that pass. */
  position: { epoch: number; step: number };
  counts: RunCounts;
  /** Versions of what wrote it: others may compute other last bits. */
  versions: Record<string, string>;
  /** What computed it: backend, GPU or BLAS library, threads. */
  device: string;
  /** Where: name and processor; null where the process may not look. */
  machine: string | null;
};

/** Name and processor of this machine; null where the process may not look. */
export function currentMachine(): string | null {
  try {
    return `${hostname()} (${cpus()[0]?.model.trim() ?? "unknown processor"})`;
  } catch {
    return null;
  }
}

function positionOf(step: number, stepsPerEpoch: number): ResumeNote["position"] {
  return { epoch: Math.floor(step / stepsPerEpoch), step: step % stepsPerEpoch };
}

/** What is to be known when a run is taken up after `step` steps. */
export function resumeNote(
  step: number,
  stepsPerEpoch: number,
  counts: RunCounts,
  device: Pick<Device, "description">,
): ResumeNote {
  return {
    step,
    position: positionOf(step, stepsPerEpoch),
    counts: { ...counts, damaged: { ...counts.damaged } },
    versions: { ...currentVersions() },
    device: device.description,
    machine: currentMachine(),
  };
}

/** What of a device changes the last bits: not the number of its threads. */
function computing(device: string | undefined): string | undefined {
  return device?.replace(/, \d+ threads?$/, "");
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
export function reasonsToDiffer(
  info: Json,
  stepsPerEpoch: number,
  device: Pick<Device, "description">,
): string[] {
  const { step, position, versions, ...computers } = partialNote(info);
  const reasons: string[] = [];
  if (step !== undefined && position) {
    const now = positionOf(step, stepsPerEpoch);
    if (now.epoch !== position.epoch || now.step !== position.step) {
      reasons.push("the number of training videos has changed");
    }
  }
  const before: Readonly<Record<string, string | null | undefined>> = {
    ...versions,
    device: computing(computers.device),
    machine: computers.machine,
  };
  const own = { device: computing(device.description), machine: currentMachine() };
  const now = { ...currentVersions(), ...own };
  const changed = Object.entries(now)
    .filter(([name, value]) => value !== null && before[name] && before[name] !== value)
    .map(([name, value]) => `${name} was ${before[name]} and is now ${value}`);
  return [...reasons, ...changed];
}
