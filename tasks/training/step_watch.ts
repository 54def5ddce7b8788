import type { AdamW, OptimizerStatus, StepFailure } from "@videoms/core";
import type { ClipBatch, LabelledVideo } from "@videoms/data";
import type { RunFolder } from "../run_folder/run_folder.ts";
import type { RunLog } from "../run_folder/run_log.ts";
import type { CheckpointSaver } from "./checkpoint_saver.ts";

/** A loss or gradient norm that is not a finite number; training cannot go on from it. */
export class NonFiniteError extends Error {
  /** Says which quantity it was and at which step. */
  constructor({ step, loss, gradientNorm }: StepFailure, advice = "") {
    const [quantity, value] = Number.isFinite(loss)
      ? ["gradient norm", gradientNorm]
      : ["loss", loss];
    super(`Cannot train on: the ${quantity} of step ${step} must be finite, got ${value}${advice}`);
    this.name = "NonFiniteError";
  }
}

/** The run whose steps are watched. */
export interface WatchedRun {
  readonly optimizer: AdamW;
  /** The list that batches are drawn from, to name clips in errors. */
  readonly trainVideos: readonly LabelledVideo[];
  readonly folder: RunFolder;
  readonly log: RunLog;
  readonly saver: CheckpointSaver;
}

/**
 * Asks the optimiser, now and then, whether all steps happened. Until then it remembers the clips of
 * every step, since the one that did not is found out late.
 */
export class StepWatch {
  readonly #run: WatchedRun;
  /** Rows in the list by the steps done before. */
  readonly #clips = new Map<number, Int32Array>();

  /** Nothing is remembered yet. */
  constructor(run: WatchedRun) {
    this.#run = run;
  }

  /** Remembers the clips of a step; `step` counts those before it. */
  note(step: number, { indices }: ClipBatch): void {
    this.#clips.set(step, indices);
  }

  /**
   * Waits for the device and reads how the steps went.
   *
   * @throws {NonFiniteError} if one did not happen; the log then has its clips, and the weights are
   * those before it
   */
  async check(): Promise<OptimizerStatus> {
    const { optimizer, trainVideos, folder, log } = this.#run;
    const status = await optimizer.status();
    const { failure } = status;
    if (failure) {
      const rows = this.#clips.get(failure.step) ?? [];
      const clips = [...rows].map((row) => trainVideos[row].record.path);
      log.append({ event: "non-finite", step: failure.step, clips });
      throw new NonFiniteError(
        failure,
        `. The clips of the step are in ${folder.path}/log.jsonl; ` +
          "a lower optimizer.lr or a limit for optimizer.clipGradient usually helps.",
      );
    }
    this.#clips.clear();
    return status;
  }
}
