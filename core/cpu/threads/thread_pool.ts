import type { Core } from "../jobs/core.ts";
import { type JobArguments, type JobName, JOBS } from "../jobs/jobs.ts";
import { JobBoard, STOP } from "./job_board.ts";
import type { Part } from "../jobs/parts.ts";
import { type PoolWorker, startWorker } from "./start_worker.ts";
import type { WorkerSetup } from "./worker_setup.ts";

const JOB_NUMBERS = new Map(Object.keys(JOBS).map((name, number) => [name, number]));

/** Work below this, in ns of one thread, is not worth waking other threads, which takes some 10 µs. */
const SHARED_WORK = 40_000;

/** Runs each job of the CPU engine on all threads. */
export class ThreadPool {
  readonly #core: Core;
  readonly #board: JobBoard | null;
  #workers: readonly PoolWorker[];

  private constructor(core: Core, board: JobBoard | null, workers: readonly PoolWorker[]) {
    this.#core = core;
    this.#board = board;
    this.#workers = workers;
  }

  /**
   * Starts the workers.
   *
   * @param core the main thread's compute kernels
   * @param setups the setup of each worker; none if memory cannot be shared
   * @param module URL of the workers' module, where it is not beside this one
   */
  static async start(
    core: Core,
    setups: readonly Omit<WorkerSetup, "board" | "workers">[],
    module?: string,
  ): Promise<ThreadPool> {
    const workers = setups.length;
    if (workers === 0) return new ThreadPool(core, null, []);
    const board = new JobBoard(JobBoard.allocate());
    const started = await Promise.allSettled(
      setups.map((setup) => startWorker({ ...setup, workers, board: board.buffer }, module)),
    );
    const pool = new ThreadPool(
      core,
      board,
      started.flatMap((one) => one.status === "fulfilled" ? [one.value] : []),
    );
    if (pool.#workers.length < workers) pool.close(); // a missing worker would be waited for in vain
    return pool;
  }

  /** Number of threads, including the main one. */
  get threads(): number {
    return this.#workers.length + 1;
  }

  /** Ends the workers; the main thread then runs all jobs alone. */
  close(): void {
    this.#board?.post(STOP, 0, []); // wakes them, since sleeping threads cannot be ended everywhere
    for (const worker of this.#workers) worker.terminate();
    this.#workers = [];
  }

  /**
   * Runs a job and waits for its end. Results do not depend on the number of threads.
   *
   * @param work estimated time on one thread in ns
   */
  run<Name extends JobName>(name: Name, work: number, ...values: JobArguments<Name>): void {
    const job = JOBS[name] as (core: Core, part: Part, ...values: number[]) => void;
    if (!this.#board || this.#workers.length === 0 || work < SHARED_WORK) {
      job(this.#core, { index: 0, count: 1 }, ...values);
      return;
    }
    this.#board.post(JOB_NUMBERS.get(name)!, this.threads, values);
    let joined = false;
    try {
      job(this.#core, { index: 0, count: this.threads }, ...values);
    } finally {
      joined = this.#board.join(this.#workers.length);
    }
    if (!joined) throw new Error(`Cannot run "${name}": a thread of the CPU engine failed`);
  }
}
