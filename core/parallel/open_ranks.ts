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
export async function openRanks({ limitMs = LIMIT_MS }: RanksOptions = {}): Promise<Communicator> {
  const launch = currentLaunch();
  return launch ? await openMpi(launch, limitMs) : localRanks(1)[0];
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

async function openMpi(launch: Launch, limitMs: number): Promise<Communicator> {
  const control = new Int32Array(new SharedArrayBuffer(4));
  const thread = new MpiThread();
  const open = { kind: "open", launch, control: control.buffer, limitMs } as const;
  const started = (ranks: readonly number[]) =>
    `Cannot run on ${launch.size} ranks: all must start within ${limitMs / 1000} s, got nothing ` +
    `from rank ${ranks.join(", ")}`;
  const opened = await thread.ask(open, "opened", started).catch((error) => {
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
      await thread.ask({ kind: "gather", bytes: new Uint8Array(0) }, "gathered").catch(() => {});
    },
    async [Symbol.asyncDispose]() {
      await thread.ask({ kind: "close" }, "closed", late);
      thread.end();
    },
  };
}
