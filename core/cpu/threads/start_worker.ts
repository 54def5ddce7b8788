import { READY, type WorkerSetup } from "./worker_setup.ts";

/** The part of Node's worker threads that is used; available in Deno but not in browsers. */
interface NodeWorker extends PoolWorker {
  once(event: "message" | "error", listener: (value: unknown) => void): void;
  postMessage(message: unknown): void;
  unref(): void;
}

interface NodeThreads {
  Worker: new (url: URL) => NodeWorker;
}

/** Node's worker threads, or undefined in a browser. */
function nodeThreads(): NodeThreads | undefined {
  const { process } = globalThis as {
    process?: { getBuiltinModule?(name: string): NodeThreads | undefined };
  };
  return process?.getBuiltinModule?.("node:worker_threads");
}

/** A thread of the pool. */
export interface PoolWorker {
  /** Ends the thread. */
  terminate(): unknown;
}

/**
 * Starts a worker of the pool and waits until it is ready. It does not keep the program alive, for which
 * Node's workers are used if available.
 *
 * @param module URL of the worker's module; a bundled page has it elsewhere
 * @throws {Error} if it does not start
 */
export async function startWorker(
  setup: WorkerSetup,
  module = new URL("./worker.ts", import.meta.url).href,
): Promise<PoolWorker> {
  const threads = nodeThreads();
  const { worker, answer } = threads
    ? startNode(threads, setup, new URL(module))
    : startWeb(setup, module);
  const given = await answer;
  if (given === READY) return worker;
  worker.terminate();
  throw new Error(`Cannot run a thread: it must answer, got ${given}`);
}

/** A worker with its setup, and its first message. */
interface StartedWorker {
  worker: PoolWorker;
  answer: Promise<unknown>;
}

/** A module URL for Node's workers: a file, or a data URL that imports the module. */
function localUrl(module: URL): URL {
  if (module.protocol === "file:") return module;
  const source = `import ${JSON.stringify(module.href)};`;
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}

function startNode({ Worker }: NodeThreads, setup: WorkerSetup, module: URL): StartedWorker {
  const worker = new Worker(localUrl(module));
  const answer = new Promise((resolve, reject) => {
    worker.once("message", (answer) => {
      worker.unref();
      resolve(answer);
    });
    worker.once("error", reject);
    worker.postMessage(setup);
  });
  return { worker, answer };
}

function startWeb(setup: WorkerSetup, module: string): StartedWorker {
  const worker = new Worker(module, { type: "module" });
  const answer = new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(setup);
  });
  return { worker, answer };
}
