/** A call on its way to a worker. */
interface CallMessage {
  readonly id: number;
  readonly name: string;
  readonly given: readonly unknown[];
}

/** What a worker answers: progress, then a result or an error. */
type AnswerMessage =
  & { readonly id: number }
  & ({ readonly progress: number } | { readonly result: unknown } | { readonly error: string });

/** What a call can tell and obey while it runs. */
export interface CallContext {
  readonly onProgress: (share: number) => void;
  readonly signal: AbortSignal;
}

type Calls = Readonly<Record<string, (...given: never[]) => Promise<unknown>>>;

/** The functions of a worker, each with the context of its call before what it is given. */
export type Handlers<T> = {
  [Name in keyof T]: T[Name] extends (...given: infer Given) => infer Result
    ? (context: CallContext, ...given: Given) => Result
    : never;
};

/** What a page hears of a call. */
export interface CallOptions {
  onProgress?: (share: number) => void;
  signal?: AbortSignal;
}

/** A worker's own scope; the libraries of types have that of a page. */
const scope = globalThis as unknown as {
  addEventListener(
    type: "message",
    listener: (event: { data: CallMessage | { cancel: number } }) => void,
  ): void;
  postMessage(message: object): void;
};

/** Answers calls of a page, in a worker: one after the other, since they share a device. */
export function answerCalls<T>(handlers: Handlers<T>): void {
  const running = new Map<number, AbortController>();
  let last: Promise<unknown> = Promise.resolve();
  scope.addEventListener("message", async ({ data }) => {
    if ("cancel" in data) return running.get(data.cancel)?.abort();
    const { id, name, given } = data;
    const controller = new AbortController();
    running.set(id, controller);
    const answer = (message: object) => scope.postMessage({ id, ...message });
    const context = {
      onProgress: (progress: number) => answer({ progress }),
      signal: controller.signal,
    };
    const before = last;
    const { promise, resolve: done } = Promise.withResolvers<void>();
    last = promise;
    try {
      await before;
      controller.signal.throwIfAborted();
      const handler = handlers[name as keyof T] as (...all: unknown[]) => Promise<unknown>;
      answer({ result: await handler(context, ...given) });
    } catch (error) {
      answer({ error: error instanceof Error ? error.message : String(error) });
    } finally {
      running.delete(id);
      done();
    }
  });
}

/** Calls the functions of a worker from a page. */
export class WorkerCalls<T> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, (message: AnswerMessage) => void>();
  #calls = 0;
  /** Why the worker is gone, which all calls then throw; null while it is there. */
  #crash: string | null = null;

  /** @param url of the module that the worker starts from */
  constructor(url: URL) {
    this.#worker = new Worker(url, { type: "module" });
    this.#worker.addEventListener("message", ({ data }: MessageEvent<AnswerMessage>) => {
      this.#waiting.get(data.id)?.(data);
    });
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#end(event.message || "one that could not start");
    });
    this.#worker.addEventListener("messageerror", () => this.#end("an answer that is too large"));
  }

  #end(why: string): void {
    this.#crash ??= `Cannot run the page: its worker must go on, got: ${why}. Reload the page`;
    this.#worker.terminate();
    for (const [id, answer] of this.#waiting) answer({ id, error: this.#crash });
  }

  /**
   * Calls a function.
   *
   * @throws {Error} what the function throws, the signal's reason at once when it aborts, and a sentence once the
   * worker has crashed
   */
  call<Name extends keyof T & string>(
    name: Name,
    given: T[Name] extends (...given: infer Given) => unknown ? Given : never,
    { onProgress, signal }: CallOptions = {},
  ): T[Name] extends (...given: never[]) => infer Result ? Result : never {
    const id = this.#calls++;
    if (this.#crash !== null) return Promise.reject(new Error(this.#crash)) as never;
    if (signal?.aborted) return Promise.reject(signal.reason) as never;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const settle = () => this.#waiting.delete(id);
    this.#waiting.set(id, (message) => {
      if ("progress" in message) return onProgress?.(message.progress);
      settle();
      if ("error" in message) reject(new Error(message.error));
      else resolve(message.result);
    });
    signal?.addEventListener("abort", () => {
      settle();
      this.#worker.postMessage({ cancel: id });
      reject(signal.reason);
    }, { once: true });
    this.#worker.postMessage({ id, name, given } satisfies CallMessage);
    return promise as ReturnType<Calls[string]> as never;
  }

  /** Ends the worker. */
  close(): void {
    this.#worker.terminate();
  }
}
