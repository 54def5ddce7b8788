/** A worker for tests of calls: one that waits, one that is quick, one that crashes. */

import { answerCalls, type CallContext } from "../../studio/page/parts/worker_calls.ts";

/** What the worker does. */
export interface TestCalls {
  /** Tells progress, and ends once it is cancelled. */
  wait(): Promise<void>;
  /** How often `wait` was begun and ended. */
  counts(): Promise<{ begun: number; ended: number }>;
  fail(): Promise<void>;
  /** Never answers, since the worker crashes. */
  crash(): Promise<void>;
}

const counts = { begun: 0, ended: 0 };

answerCalls<TestCalls>({
  async wait({ onProgress, signal }: CallContext) {
    counts.begun++;
    const cancelled = new Promise((resolve) => signal.addEventListener("abort", resolve));
    onProgress(0.5);
    await cancelled;
    counts.ended++;
  },
  counts: () => Promise.resolve(counts),
  fail: () => Promise.reject(new Error("Cannot read it: it must be whole")),
  crash: () => {
    setTimeout(() => {
      throw new Error("no memory is left");
    });
    return Promise.withResolvers<void>().promise;
  },
});
