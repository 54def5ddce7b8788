/** Lets at most a fixed number of tasks run at the same time; the rest wait in order. */
export interface Limiter {
  /** Maximum number of concurrent tasks. */
  readonly limit: number;
  /** Runs a task as soon as there is room, and returns its result. */
  run<T>(task: () => Promise<T>): Promise<T>;
}

/**
 * A limiter of `limit` tasks.
 *
 * @throws {RangeError} if the limit is not a positive whole number
 * @example
 * ```ts
 * import { createLimiter } from "@videoms/data";
 *
 * const limiter = createLimiter(2);
 * const squares = await Promise.all([1, 2, 3].map((x) => limiter.run(async () => await x * x)));
 * console.assert(squares.join() === "1,4,9");
 * ```
 */
export function createLimiter(limit: number): Limiter {
  if (!Number.isInteger(limit) || limit < 1) {
    throw new RangeError(
      `Cannot run tasks: the limit must be a positive whole number, got ${limit}`,
    );
  }
  const waiting: (() => void)[] = [];
  let running = 0;
  const enter = async () => {
    if (running < limit) running++;
    else await new Promise<void>((resolve) => waiting.push(resolve)); // inherits the slot of the finished task
  };
  const leave = () => {
    const next = waiting.shift();
    if (next) next();
    else running--;
  };
  return {
    limit,
    async run(task) {
      await enter();
      try {
        return await task();
      } finally {
        leave();
      }
    },
  };
}
