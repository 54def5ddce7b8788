/** How late timers came, in milliseconds. */
export interface LoopLag {
  p50: number;
  p99: number;
}

/** Milliseconds from timer to timer. */
const INTERVAL = 10;

/** The value that a share of the values, which ascend, does not exceed; 0 if there are none. */
function quantile(ascending: readonly number[], share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(share * ascending.length))] ?? 0;
}

/**
 * Watches how late timers come: what else runs on this thread holds them up, and a device would wait as
 * long for its next orders.
 *
 * @returns ends the watch and tells
 */
export function watchLoopLag(): () => LoopLag {
  const late: number[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = (): void => {
    const due = performance.now() + INTERVAL;
    timer = setTimeout(() => {
      late.push(Math.max(0, performance.now() - due));
      wait();
    }, INTERVAL);
  };
  wait();
  return () => {
    clearTimeout(timer);
    late.sort((a, b) => a - b);
    return { p50: quantile(late, 0.5), p99: quantile(late, 0.99) };
  };
}
