import {
  gatherValues,
  type Optimizer,
  type OptimizerStatus,
  type SharedSteps,
  type StepFailure,
} from "@videoms/core";
import { type ClipBatch, type LabelledVideo, readLog, type RunLog } from "@videoms/data";
import type { RunFolder } from "../folder/run_folder.ts";
import type { RunTask } from "../../definition/run_task.ts";
import type { CheckpointSaver } from "../checkpoint/checkpoint_saver.ts";
import type { RunCounts } from "../checkpoint/resume_note.ts";

/** A loss or gradient norm that is not a finite number; training cannot go on from it. */
export class NonFiniteError extends Error {
  override readonly name = "NonFiniteError";

  constructor({ step, loss, gradientNorm }: StepFailure, advice = "") {
    const [quantity, value] = Number.isFinite(loss)
      ? ["gradient norm", gradientNorm]
      : ["loss", loss];
    super(`Cannot train: the ${quantity} of step ${step} must be finite, got ${value}${advice}`);
  }
}

/** The run whose steps are watched. */
export interface WatchedRun {
  readonly task: Pick<RunTask, "skipNonFinite" | "precision">;
  readonly optimizer: Optimizer;
  /** The list that batches are drawn from, to name clips in errors. */
  readonly trainVideos: readonly LabelledVideo[];
  readonly folder: RunFolder;
  readonly log: RunLog;
  readonly saver: CheckpointSaver;
  readonly shared: Pick<SharedSteps, "ranks">;
  /** What the run has counted; skipped steps are counted here. */
  readonly counts: RunCounts;
}

const HALF_ADVICE =
  "In half precision numbers end at 65,504: --precision f32 tells whether that is the reason.";

const LAST_LINES = 20;

/** A step that the device may still be at. */
interface NotedStep {
  /** Steps of the run before it, skipped ones too. */
  step: number;
  indices: Int32Array;
}

/**
 * Asks the optimiser, now and then, whether all steps happened. Until then it remembers the clips of
 * every step, since the one that did not is found out late.
 */
export class StepWatch {
  readonly #run: WatchedRun;
  /** By the optimiser's number of the step, which leaves out those that were skipped. */
  readonly #noted = new Map<number, NotedStep>();

  constructor(run: WatchedRun) {
    this.#run = run;
  }

  /** Remembers the clips of a step that is about to be done; `step` counts those before it. */
  note(step: number, { indices }: ClipBatch): void {
    this.#noted.set(this.#run.optimizer.steps, { step, indices });
  }

  /**
   * Whether the step that was noted last happened; one that did not is skipped and logged, as often as the
   * task allows. A task that allows none is not asked, since that would wait for the device.
   *
   * @throws {NonFiniteError} if the task allows no further one
   */
  async happened(): Promise<boolean> {
    const { task, counts, log, optimizer } = this.#run;
    if (task.skipNonFinite === 0) return true;
    const { failure } = await optimizer.status();
    if (!failure) return true;
    if (counts.skipped >= task.skipNonFinite) throw await this.#stop(failure);
    counts.skipped++;
    log.append({ event: "skipped", ...await this.#describe(failure) });
    this.#noted.clear();
    return false;
  }

  /**
   * Waits for the device and reads how the steps went.
   *
   * @throws {NonFiniteError} if one did not happen; the weights are those before it, and saved apart
   */
  async check(): Promise<OptimizerStatus> {
    const status = await this.#run.optimizer.status();
    if (status.failure) throw await this.#stop(status.failure);
    this.#noted.clear();
    return status;
  }

  /** What is known of a step that did not happen, on any rank. */
  async #describe({ step, loss, gradientNorm }: StepFailure) {
    const noted = this.#noted.get(step);
    const own = [...noted?.indices ?? []].map((row) => this.#run.trainVideos[row].record.path);
    const clips = await gatherValues(this.#run.shared.ranks, own);
    return { step: noted?.step ?? step, loss, gradientNorm, clips: clips.flat() };
  }

  /** Leaves what helps to find the reason in log and folder, and gives the error to throw. */
  async #stop(failure: StepFailure): Promise<NonFiniteError> {
    const { log, folder, saver, shared, counts, task } = this.#run;
    const facts = await this.#describe(failure);
    if (shared.ranks.rank > 0) return new NonFiniteError(failure); // rank 0 has the folder, and tells
    log.append({ event: "non-finite", ...facts });
    const lastLines = (await readLog(`${folder.path}/log.jsonl`)).slice(-LAST_LINES);
    // Numbers that are not finite have no place in JSON.
    const shown = { ...facts, loss: String(facts.loss), gradientNorm: String(facts.gradientNorm) };
    const saved = await saver.saveDiagnostic(facts.step, { failure: shown, lastLines }).then(
      (path) =>
        `The weights before it are in ${path}, its clips and the last lines of the log in the .json ` +
        "beside that",
      (error) => `The weights before it could not be saved: ${error.message}`,
    );
    const skipped = counts.skipped === 0 ? "" : `, after ${counts.skipped} steps were skipped`;
    return new NonFiniteError(
      { ...failure, step: facts.step },
      `${skipped}. ${saved}. ` +
        "A lower optimizer.lr or a limit for optimizer.clipGradient usually helps; " +
        "--skip-non-finite <steps> leaves out such steps." +
        (task.precision === "f16" ? ` ${HALF_ADVICE}` : ""),
    );
  }
}
