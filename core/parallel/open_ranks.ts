import type { Communicator } from "./communicator.ts";
import { foreign, mayRead } from "./foreign.ts";
import { type Launch, launchOf } from "./launch.ts";
import { localRanks } from "./local_ranks.ts";
import type { MpiAnswer, MpiRequest } from "./mpi_messages.ts";

/** Options of {@linkcode openRanks}. */
export interface RanksOptions {
  /**
   * Milliseconds that sums wait for the slowest rank, and that anything waits for one that gives no sign of life: that
   * was stopped, or cannot be reached. @default 600,000
   */
  limitMs?: number;
  /** Stops waiting for the others to start. */
  signal?: AbortSignal;
}

const LIMIT_MS = 600_000;

/** How this process was started as one of several, or null; for what may be read of the environment. */
export function currentLaunch(): Launch | null {
  const deno = foreign();
  return deno ? launchOf((name) => mayRead(deno, name) ? deno.env.get(name) : undefined) : null;
}

/**
 * The ranks that this process belongs to. One that no MPI launcher started is alone, and no library is looked for.
 *
 * @throws {Error} if the launcher's library is missing, or does not know the other ranks
 */
export async function openRanks(
  { limitMs = LIMIT_MS, signal }: RanksOptions = {},
): Promise<Communicator> {
  const launch = currentLaunch();
  return launch ? await openMpi(launch, limitMs, signal) : localRanks(1)[0];
}

/** Waits for MPI to start, which itself waits for all ranks as long as it takes. */
async function untilAllStart<T>(
  start: Promise<T>,
  { size }: Launch,
  { limitMs, signal }: { limitMs: number; signal?: AbortSignal },
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const limit = `all must start within ${limitMs / 1000} s`;
  const late = new Error(
    `Cannot run on ${size} ranks: ${limit}, got fewer; one may have failed before`,
  );
  const timer = setTimeout(() => reject(late), limitMs);
  const stop = () => reject(signal!.reason);
  if (signal?.aborted) stop();
  signal?.addEventListener("abort", stop);
  try {
    return await Promise.race([start, promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

/** The main thread's end of MPI's thread: requests in a queue, answered in order. */
class MpiThread {
  readonly #worker = new Worker(new URL("./mpi_worker.ts", import.meta.url), { type: "module" });
  readonly #waiting: PromiseWithResolvers<MpiAnswer>[] = [];

  constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<MpiAnswer>) =>
      this.#waiting.shift()?.resolve(data);
    this.#worker.onerror = (event) => {
      event.preventDefault(); // or it would end the program
      const error = new Error(`Cannot run on MPI: its thread must run, got: ${event.message}`);
      for (const one of this.#waiting.splice(0)) one.reject(error);
    };
  }

  async ask<Kind extends MpiAnswer["kind"]>(
    request: MpiRequest,
    expected: Kind,
    describe: (ranks: readonly number[]) => string = () => "",
  ): Promise<Extract<MpiAnswer, { kind: Kind }>> {
    const waiting = Promise.withResolvers<MpiAnswer>();
    this.#waiting.push(waiting);
    this.#worker.postMessage(request);
    const answer = await waiting.promise;
    if (answer.kind === expected) return answer as Extract<MpiAnswer, { kind: Kind }>;
    const { message, ranks } = answer as Extract<MpiAnswer, { kind: "failed" }>;
    throw new Error(ranks.length === 0 ? message : describe(ranks));
  }

  end(): void {
    this.#worker.terminate();
  }
}

async function openMpi(
  launch: Launch,
  limitMs: number,
  signal?: AbortSignal,
): Promise<Communicator> {
  const control = new Int32Array(new SharedArrayBuffer(4));
  const thread = new MpiThread();
  const open = { kind: "open", launch, control: control.buffer, limitMs } as const;
  const started = (ranks: readonly number[]) =>
    `Cannot run on ${launch.size} ranks: all must start within ${limitMs / 1000} s, got nothing ` +
    `from rank ${ranks.join(", ")}`;
  const asked = thread.ask(open, "opened", started);
  const opened = await untilAllStart(asked, launch, { limitMs, signal }).catch((error) => {
    thread.end();
    throw error;
  });
  const { rank, size, hosts, description } = opened;
  const late = (ranks: readonly number[]) => {
    const named = ranks.map((one) => `rank ${one} on ${hosts[one]}`).join(", ");
    return `Cannot run on ${size} ranks: all must answer rank ${rank} on ${hosts[rank]} within ` +
      `${limitMs / 1000} s, got nothing from ${named}`;
  };
  return {
    ...{ rank, size, hosts, description },
    collect: async (values, totals, isFirst) =>
      (await thread.ask({ kind: "collect", values, totals, isFirst }, "summed", late)).times,
    share: async (totals) => (await thread.ask({ kind: "share", totals }, "summed", late)).times,
    gather: async (bytes) => (await thread.ask({ kind: "gather", bytes }, "gathered", late)).parts,
    broadcast: async (bytes) =>
      (await thread.ask({ kind: "broadcast", bytes }, "gathered", late)).parts[0],
    async abort(code = 1) {
      Atomics.store(control, 0, code);
      Atomics.notify(control, 0);
      await thread.ask({ kind: "end" }, "closed").catch(() => {});
    },
    async [Symbol.asyncDispose]() {
      await thread.ask({ kind: "close" }, "closed", late);
      thread.end();
    },
  };
}
