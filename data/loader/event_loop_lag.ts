/** How late timers came, in milliseconds. */
export interface LoopLag {
  p50: number;
  p99: number;
}

/** A watch over the event loop of the thread that started it. */
export interface LagWatch {
  /** How late each timer came since the last call, in milliseconds. */
  take(): number[];
  /** Ends the watch. */
  stop(): void;
}

/** Milliseconds from timer to timer. */
const INTERVAL = 10;

/** The value that a share of the values, which ascend, does not exceed; 0 if there are none. */
function quantile(ascending: readonly number[], share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(share * ascending.length))] ?? 0;
}

/** Sums up how late timers came. */
export function loopLag(lateMs: readonly number[]): LoopLag {
  const ascending = lateMs.toSorted((a, b) => a - b);
  return { p50: quantile(ascending, 0.5), p99: quantile(ascending, 0.99) };
}

/**
 * Watches how late timers come: what else runs on this thread holds them up, and the end of a decoder
 * is noticed as late.
 */
export function watchLoopLag(): LagWatch {
  let late: number[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = (): void => {
    const due = performance.now() + INTERVAL;
    timer = setTimeout(() => {
      late.push(Math.max(0, performance.now() - due));
      wait();
    }, INTERVAL);
  };
  wait();
  return {
    take() {
      const taken = late;
      late = [];
      return taken;
    },
    stop: () => clearTimeout(timer),
  };
}
