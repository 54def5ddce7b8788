import type { Core } from "../jobs/core.ts";
import { type JobArguments, type JobName, JOBS } from "../jobs/jobs.ts";
import { JobBoard } from "./job_board.ts";
import type { Part } from "../jobs/parts.ts";
import { startWorker } from "./start_worker.ts";
import type { WorkerSetup } from "./worker_setup.ts";

const JOB_NUMBERS = new Map(Object.keys(JOBS).map((name, number) => [name, number]));

/** Work below this, in ns of one thread, is not worth waking others for: that takes some 10 µs. */
const SHARED_WORK = 40_000;

/** Runs the jobs of the CPU engine, each on all threads at once. */
export class ThreadPool {
  readonly #core: Core;
  readonly #board: JobBoard | null;
  readonly #workers: number;

  private constructor(core: Core, board: JobBoard | null, workers: number) {
    this.#core = core;
    this.#board = board;
    this.#workers = workers;
  }

  /**
   * Starts the workers.
   *
   * @param core what the main thread computes with
   * @param setups what each worker starts from; none if memory cannot be shared
   */
  static async start(
    core: Core,
    setups: readonly Omit<WorkerSetup, "board" | "workers">[],
  ): Promise<ThreadPool> {
    const workers = setups.length;
    if (workers === 0) return new ThreadPool(core, null, 0);
    const board = new JobBoard(JobBoard.allocate());
    const started = await Promise.allSettled(
      setups.map((setup) => startWorker({ ...setup, workers, board: board.buffer })),
    );
    // One that is missing would be waited for in vain; those that started sleep for good.
    if (started.some(({ status }) => status === "rejected")) return new ThreadPool(core, null, 0);
    return new ThreadPool(core, board, workers);
  }

  /** Threads that compute, with the main one. */
  get threads(): number {
    return this.#workers + 1;
  }

  /**
   * Does a job and waits for its end. What comes out does not depend on the number of threads.
   *
   * @param work about how long it takes one thread, in ns
   */
  run<Name extends JobName>(name: Name, work: number, ...values: JobArguments<Name>): void {
    const job = JOBS[name] as (core: Core, part: Part, ...values: number[]) => void;
    if (!this.#board || work < SHARED_WORK) {
      job(this.#core, { index: 0, count: 1 }, ...values);
      return;
    }
    this.#board.post(JOB_NUMBERS.get(name)!, this.threads, values);
    let joined = false;
    try {
      job(this.#core, { index: 0, count: this.threads }, ...values);
    } finally {
      joined = this.#board.join(this.#workers);
    }
    if (!joined) throw new Error(`Cannot do "${name}": a thread of the CPU engine failed`);
  }
}
