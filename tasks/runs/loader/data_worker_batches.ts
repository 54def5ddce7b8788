import { findFfmpeg } from "@videoms/data";
import type { LoadedBatch, LoaderJob } from "./loader_job.ts";

/** What a data worker is told. */
export type DataWorkerRequest =
  /** The first message. `stopped` is an int32 that the worker sets to 1 when nothing of it is left. */
  | {
    kind: "open";
    job: LoaderJob;
    modules: readonly string[];
    stopped: SharedArrayBuffer;
  }
  | { kind: "next" }
  /** Gives the memory of a batch back; it is transferred. */
  | { kind: "give"; pixels: Uint8Array<ArrayBuffer> }
  /** Kill what is under way and remove its files. */
  | { kind: "stop" };

/** A batch on its way between threads; its pixels are transferred, not copied. */
export type SentBatch = Omit<LoadedBatch, "waitMs" | "release">;

/** What a data worker answers. */
export type DataWorkerAnswer =
  | { kind: "batch"; batch: SentBatch }
  | { kind: "end" }
  | { kind: "error"; error: Error }
  | { kind: "stopped" };

/** Milliseconds that a program that is left waits for the worker to kill its processes. */
const STOP_MS = 10_000;

/** The main thread's end of a data worker. */
class DataWorker {
  readonly #worker = new Worker(new URL("./data_worker.ts", import.meta.url), { type: "module" });
  readonly #stopped = new Int32Array(new SharedArrayBuffer(4));
  readonly #gone = Promise.withResolvers<void>();
  #coming = Promise.withResolvers<SentBatch | null>();

  constructor(job: LoaderJob, modules: readonly string[]) {
    this.#worker.onmessage = ({ data }: MessageEvent<DataWorkerAnswer>) => this.#take(data);
    this.#worker.onerror = (event) => {
      event.preventDefault(); // or it would end the program
      this.#coming.reject(
        new Error(`Cannot load clips: the loader's thread must run, got: ${event.message}`),
      );
      Atomics.store(this.#stopped, 0, 1);
      this.#gone.resolve();
    };
    addEventListener("unload", this.#stopNow);
    const stopped = this.#stopped.buffer;
    this.#send({ kind: "open", job, modules, stopped });
  }

  /** Asks for the next batch; null at the end. Not to be called again before it is there. */
  next(): Promise<SentBatch | null> {
    this.#coming = Promise.withResolvers();
    this.#coming.promise.catch(() => {}); // reported when awaited
    this.#send({ kind: "next" });
    return this.#coming.promise;
  }

  give(pixels: Uint8Array<ArrayBuffer>): void {
    this.#send({ kind: "give", pixels }, [pixels.buffer]);
  }

  /** Ends the worker once its processes are killed and its files removed. */
  async stop(): Promise<void> {
    this.#send({ kind: "stop" });
    await this.#gone.promise;
    removeEventListener("unload", this.#stopNow);
    this.#worker.terminate();
  }

  /** The same while the program is being left: nothing can be awaited then. */
  readonly #stopNow = (): void => {
    this.#send({ kind: "stop" });
    Atomics.wait(this.#stopped, 0, 0, STOP_MS);
  };

  #send(request: DataWorkerRequest, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(request, transfer);
  }

  #take(answer: DataWorkerAnswer): void {
    switch (answer.kind) {
      case "batch":
        return this.#coming.resolve(answer.batch);
      case "end":
        return this.#coming.resolve(null);
      case "error":
        return this.#coming.reject(answer.error);
      case "stopped":
        return this.#gone.resolve();
    }
  }
}

/**
 * The batches of a job, byte for byte those of `loadHere`, loaded by a thread of its own. Pixels
 * change threads without a copy, and their memory goes back with `release`; after that they are empty.
 * Leaving the loop, or the program with `Deno.exit`, kills ffmpeg and removes its files.
 *
 * @param modules modules of plugins beside the shipped ones, as for `loadRegistry`
 * @throws from the iterator what `clipBatches` throws, an error of its own class as a plain `Error`
 */
export async function* loadInWorker(
  job: LoaderJob,
  modules: readonly string[] = [],
): AsyncGenerator<LoadedBatch, void, void> {
  const tools = job.tools ?? await findFfmpeg(); // this thread knows them already
  const worker = new DataWorker({ ...job, tools }, modules);
  try {
    for (let coming = worker.next();;) {
      const asked = performance.now();
      const batch = await coming;
      if (!batch) return;
      const waitMs = performance.now() - asked;
      coming = worker.next(); // on its way while this one is in use
      let isHeld = true;
      const release = () => {
        if (isHeld) worker.give(batch.pixels);
        isHeld = false;
      };
      yield { ...batch, waitMs, release };
    }
  } finally {
    await worker.stop();
  }
}
