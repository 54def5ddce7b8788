/**
 * A thread that loads the batches of a training run: a step that holds the main thread cannot hold up
 * decoding and augmentation.
 *
 * @module
 */

import { createRegistry, pluginsOf, type Registry } from "@videoms/core/plain";
import * as data from "@videoms/data";
import { guardConsole } from "@videoms/data/files";
import * as frames from "@videoms/masking/frames";
import { loadPlugins } from "../../definition/load_plugins.ts";
import type { DataWorkerAnswer, DataWorkerRequest } from "./data_worker_batches.ts";
import { type LoadedBatch, loadHere } from "./loader_job.ts";

type Opening = Extract<DataWorkerRequest, { kind: "open" }>;

guardConsole(() => {}); // the program's own output tells of a stream that fails

const scope = globalThis as typeof globalThis & {
  onmessage: (event: { data: DataWorkerRequest }) => void;
  postMessage(answer: DataWorkerAnswer, transfer?: ArrayBuffer[]): void;
};

const pool = data.createBufferPool();
const stop = new AbortController();
let batches: Promise<AsyncGenerator<LoadedBatch, void, void>>;
let stopped: Int32Array<SharedArrayBuffer>;

/** The shipped plugins that a recipe may name, which load without tfjs, and those of some modules. */
async function loadRegistry(modules: readonly string[]): Promise<Registry> {
  const loaded = await Promise.all(modules.map(loadPlugins));
  return createRegistry([...pluginsOf(data), ...pluginsOf(frames), ...loaded.flat()]);
}

function open(opening: Opening): void {
  stopped = new Int32Array(opening.stopped);
  batches = loadRegistry(opening.modules).then((registry) =>
    loadHere(opening.job, registry, { pool, signal: stop.signal })
  );
  batches.catch(() => {}); // told when a batch is asked for
}

async function sendNext(): Promise<void> {
  try {
    const { value } = await (await batches).next();
    if (!value) return scope.postMessage({ kind: "end" });
    const { waitMs: _, release: __, ...batch } = value;
    scope.postMessage({ kind: "batch", batch }, [batch.pixels.buffer]);
  } catch (error) {
    if (stop.signal.aborted) return; // nobody waits for it any more
    scope.postMessage({
      kind: "error",
      error: error instanceof Error ? error : new Error(String(error)),
    });
  }
}

async function close(): Promise<void> {
  stop.abort();
  await batches.then((opened) => opened.return()).catch(() => {});
  Atomics.store(stopped, 0, 1);
  Atomics.notify(stopped, 0);
  scope.postMessage({ kind: "stopped" });
}

scope.onmessage = ({ data: request }) => {
  switch (request.kind) {
    case "open":
      return open(request);
    case "next":
      return void sendNext();
    case "give":
      return pool.give(request.pixels);
    case "stop":
      return void close();
  }
};
