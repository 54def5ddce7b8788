import { countParameters, type Device, type Json } from "@videoms/core";
import type { Retention } from "@videoms/data/files";
import type { RunFolder } from "../folder/run_folder.ts";
import type { RunLog } from "@videoms/data";
import type { RunTask } from "../../definition/run_task.ts";
import { checkpointBytes, type CheckpointSubject, liveSource, takeSnapshot } from "@videoms/models";
import type { WriteJob, WriteResult } from "./checkpoint_worker.ts";
import { resumeNote, type RunCounts } from "./resume_note.ts";

/** What a saver works on, for as long as it lives. */
export interface CheckpointSaverOptions {
  readonly folder: RunFolder;
  readonly log: RunLog;
  readonly subject: CheckpointSubject;
  readonly task: Pick<RunTask, "keepCheckpoints" | "keepEvery">;
  readonly stepsPerEpoch: number;
  readonly device: Pick<Device, "description">;
  /** What the run has counted; read whenever it saves. */
  readonly counts: RunCounts;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a checkpoint is saved with. */
export interface SaveOptions {
  note?: Readonly<Record<string, Json>>;
  /** The best checkpoint so far, which is kept; null for none. */
  best?: { readonly step: number } | null;
}

/** Folder, within that of the run, of what a run that cannot go on leaves behind. */
const DIAGNOSTIC = "diagnostic";

/**
 * Saves checkpoints while training goes on, one at a time: a step waits for a copy of the tensors only.
 */
export class CheckpointSaver {
  readonly #options: CheckpointSaverOptions;
  #worker: Worker | null = null;
  #inFlight: Promise<void> = Promise.resolve();
  #failure: Error | null = null;

  /** The thread starts with the first checkpoint. */
  constructor(options: CheckpointSaverOptions) {
    this.#options = options;
  }

  /**
   * Copies what the next step depends on and has it written; waits for the checkpoint before.
   *
   * @param step optimiser steps done
   * @throws {Error} if the checkpoint before could not be written
   */
  async save(step: number, { note = {}, best = null }: SaveOptions = {}): Promise<void> {
    await this.settled();
    const { subject, folder, metadata, task, stepsPerEpoch, counts, device } = this.#options;
    const info = {
      ...resumeNote(step, stepsPerEpoch, counts, device),
      best: best && { ...best },
      ...note,
    };
    const retention: Retention = {
      last: task.keepCheckpoints,
      every: task.keepEvery * stepsPerEpoch,
      also: best ? [best.step] : [],
    };
    const written = (path: string) => this.#written(step, path, best?.step === step);
    if (!hasRoomForCopy(subject)) {
      const parts = checkpointBytes(await liveSource(subject), metadata);
      return written(await folder.checkpoints.save(step, parts, info, retention));
    }
    const snapshot = await takeSnapshot(subject);
    const job = { folder: folder.checkpoints.folder, step, snapshot, metadata, info, retention };
    this.#inFlight = this.#write(job).then(written, (error) => {
      this.#failure = error;
    });
  }

  /**
   * Saves the state that a run cannot go on from, apart from its checkpoints, so that none of these is
   * given up for it and no run goes on from it.
   *
   * @returns path of the weights' file
   */
  async saveDiagnostic(step: number, note: Readonly<Record<string, Json>>): Promise<string> {
    const { subject, folder, metadata, stepsPerEpoch, counts, device } = this.#options;
    const store = await folder.openStore(DIAGNOSTIC);
    const about = resumeNote(step, stepsPerEpoch, counts, device);
    const info = { ...about, ...note };
    return await store.save(step, checkpointBytes(await liveSource(subject), metadata), info);
  }

  /** @throws {Error} if a checkpoint could not be written */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  /**
   * Waits until the last checkpoint is on the disk.
   *
   * @throws {Error} if one could not be written
   */
  async settled(): Promise<void> {
    await this.#inFlight;
    this.check();
  }

  /** Waits for a checkpoint that is being written, and ends the thread. */
  async close(): Promise<void> {
    await this.#inFlight;
    this.#worker?.terminate();
    this.#worker = null;
  }

  #written(step: number, path: string, best: boolean): void {
    this.#options.log.append({ event: "checkpoint", step, path, best });
  }

  async #write(job: WriteJob): Promise<string> {
    const worker = this.#worker ??= new Worker(
      new URL("./checkpoint_worker.ts", import.meta.url),
      { type: "module" },
    );
    const result = await new Promise<WriteResult>((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault(); // else it ends the process
        resolve({ error: event.message });
      };
      const buffers = job.snapshot.sets.flatMap(({ tensors }) =>
        [...tensors.values()].map(({ buffer }) => buffer as ArrayBuffer)
      );
      worker.postMessage(job, [...new Set(buffers)]); // handed over, not copied again
    });
    if ("path" in result) return result.path;
    throw new Error(
      `Cannot save the checkpoint of step ${job.step}; those before it are whole: ${result.error}`,
    );
  }
}

/** Whether a copy takes at most half the memory that is free; else the file is written tensor by tensor. */
function hasRoomForCopy({ parameters: { specs }, average }: CheckpointSubject): boolean {
  const bytes = 4 * countParameters(specs) * (average ? 4 : 3);
  try {
    return bytes <= Deno.systemMemoryInfo().available / 2;
  } catch {
    return false; // no permission to look; a run must not end for that
  }
}
