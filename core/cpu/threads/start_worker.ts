import { READY, type WorkerSetup } from "./worker_setup.ts";

/** The part of Node's threads that is used; Deno has them, and a browser has not. */
interface NodeWorker extends PoolWorker {
  once(event: "message" | "error", listener: (value: unknown) => void): void;
  postMessage(message: unknown): void;
  unref(): void;
}

interface NodeThreads {
  Worker: new (url: URL) => NodeWorker;
}

/** Node's threads where the program runs outside a browser, else undefined. */
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
 * Starts a worker of the pool and waits until it is ready. It keeps no program from ending: for that alone
 * it is one of Node's, where there are such.
 *
 * @throws {Error} if it does not start
 */
export async function startWorker(setup: WorkerSetup): Promise<PoolWorker> {
  const threads = nodeThreads();
  const { worker, answer } = threads ? startNode(threads, setup) : startWeb(setup);
  const given = await answer;
  if (given === READY) return worker;
  worker.terminate();
  throw new Error(`Cannot start a thread: it must answer, got ${given}`);
}

/** A worker that was told what to do, and its first message. */
interface StartedWorker {
  worker: PoolWorker;
  answer: Promise<unknown>;
}

/** A module as a URL that Node's threads take: a file, or data that imports it from where it is. */
function localUrl(module: URL): URL {
  if (module.protocol === "file:") return module;
  const source = `import ${JSON.stringify(module.href)};`;
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}

function startNode({ Worker }: NodeThreads, setup: WorkerSetup): StartedWorker {
  const worker = new Worker(localUrl(new URL("./worker.ts", import.meta.url)));
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

function startWeb(setup: WorkerSetup): StartedWorker {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const answer = new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(setup);
  });
  return { worker, answer };
}
