import { READY, type WorkerSetup } from "./worker_setup.ts";

/** The part of Node's threads that is used; Deno has them, and a browser has not. */
interface NodeWorker {
  once(event: "message" | "error", listener: (value: unknown) => void): void;
  postMessage(message: unknown): void;
  unref(): void;
  terminate(): unknown;
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

/**
 * Starts a worker of the pool and waits until it is ready. It never ends by itself and keeps no program
 * from ending: for that alone it is one of Node's, where there are such.
 *
 * @throws {Error} if it does not start
 */
export async function startWorker(setup: WorkerSetup): Promise<void> {
  const threads = nodeThreads();
  const answer: unknown = await (threads ? startNode(threads, setup) : startWeb(setup));
  if (answer !== READY) throw new Error(`Cannot start a thread: it must answer, got ${answer}`);
}

/** A module as a URL that Node's threads take: a file, or data that imports it from where it is. */
function localUrl(module: URL): URL {
  if (module.protocol === "file:") return module;
  const source = `import ${JSON.stringify(module.href)};`;
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}

function startNode({ Worker }: NodeThreads, setup: WorkerSetup): Promise<unknown> {
  const worker = new Worker(localUrl(new URL("./worker.ts", import.meta.url)));
  return new Promise((resolve, reject) => {
    worker.once("message", (answer) => {
      worker.unref();
      resolve(answer);
    });
    worker.once("error", reject);
    worker.postMessage(setup);
  });
}

function startWeb(setup: WorkerSetup): Promise<unknown> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(setup);
  });
}
