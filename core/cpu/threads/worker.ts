/**
 * A thread of the CPU engine: waits for a job on the board, does its part, and waits again.
 *
 * @module
 */

import { JOBS } from "../jobs/jobs.ts";
import { type Core, openCore } from "../jobs/core.ts";
import { JobBoard, STOP } from "./job_board.ts";
import { READY, type WorkerSetup } from "./worker_setup.ts";

/** The message port to the starting thread. */
interface Port {
  postMessage(message: unknown): void;
}

async function work(port: Port, setup: WorkerSetup): Promise<void> {
  const { memory, library, scratch, index, workers } = setup;
  let core: Core;
  try {
    core = await openCore(memory, library, scratch);
  } catch (error) {
    port.postMessage((error as Error).message);
    return;
  }
  const jobs = Object.values(JOBS) as ((...values: unknown[]) => void)[];
  const board = new JobBoard(setup.board);
  port.postMessage(READY);
  let seen = 0;
  for (;;) {
    seen = board.next(seen);
    const { job, parts, values } = board.read();
    if (job === STOP) return;
    let failed = false;
    try {
      if (index < parts) jobs[job](core, { index, count: parts }, ...values);
    } catch {
      failed = true; // reported by the main thread
    }
    board.finish(workers, failed);
  }
}

const scope = globalThis as unknown as Port & {
  onmessage: (event: { data: WorkerSetup }) => void;
  process?: {
    getBuiltinModule?(name: string): {
      parentPort: Port & { once(event: "message", listener: (setup: WorkerSetup) => void): void };
    } | undefined;
  };
};

const parent = scope.process?.getBuiltinModule?.("node:worker_threads")?.parentPort;
if (parent) parent.once("message", (setup) => work(parent, setup));
else scope.onmessage = ({ data }) => work(scope, data);
