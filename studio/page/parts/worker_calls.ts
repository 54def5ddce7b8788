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

/** Answers calls of a page, in a worker: one after the other, since they share a device. */
export function answerCalls<T>(handlers: Handlers<T>): void {
  const running = new Map<number, AbortController>();
  let last: Promise<unknown> = Promise.resolve();
  addEventListener("message", async ({ data }: MessageEvent<CallMessage | { cancel: number }>) => {
    if ("cancel" in data) return running.get(data.cancel)?.abort();
    const { id, name, given } = data;
    const controller = new AbortController();
    running.set(id, controller);
    const answer = (message: object) => postMessage({ id, ...message });
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

  /** @param onCrash hears once that the worker is gone, with which no call is answered */
  constructor(url: URL, onCrash: (message: string) => void) {
    this.#worker = new Worker(url, { type: "module" });
    this.#worker.addEventListener("message", ({ data }: MessageEvent<AnswerMessage>) => {
      this.#waiting.get(data.id)?.(data);
    });
    this.#worker.addEventListener("error", (event) => {
      onCrash(event.message || "the page's worker could not start");
    });
  }

  /**
   * Calls a function.
   *
   * @throws {Error} what the function throws, and the signal's reason at once when it aborts
   */
  call<Name extends keyof T & string>(
    name: Name,
    given: T[Name] extends (...given: infer Given) => unknown ? Given : never,
    { onProgress, signal }: CallOptions = {},
  ): T[Name] extends (...given: never[]) => infer Result ? Result : never {
    const id = this.#calls++;
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
