/** Event loop delay in milliseconds. */
export interface LoopLag {
  p50: number;
  p99: number;
}

/** Measures the event loop delay of a thread. */
export interface LagWatch {
  /** Delays of the timers since the last call, in milliseconds. */
  take(): number[];
  /** Stops measuring. */
  stop(): void;
}

/** Timer interval in milliseconds. */
const INTERVAL = 10;

/** A quantile of ascending values; 0 if there are none. */
function quantile(ascending: readonly number[], share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(share * ascending.length))] ?? 0;
}

/** Summarises timer delays. */
export function loopLag(lateMs: readonly number[]): LoopLag {
  const ascending = lateMs.toSorted((a, b) => a - b);
  return { p50: quantile(ascending, 0.5), p99: quantile(ascending, 0.99) };
}

/**
 * Measures timer delays: other work on this thread delays them, and the end of a decoder is noticed equally
 * late.
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
