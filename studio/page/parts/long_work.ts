import { signal } from "@preact/signals";

/** What a page is at, while that takes long. */
export interface Busy {
  readonly text: string;
  /** From 0 to 1; null where that is not known. */
  readonly share: number | null;
  readonly cancel: () => void;
}

/** How far something long is, and what ends it. */
export interface WorkOptions {
  readonly onProgress: (share: number) => void;
  readonly signal: AbortSignal;
}

export const busy = signal<Busy | null>(null);
/** What went wrong last, one sentence; null if nothing did. */
export const problem = signal<string | null>(null);

/** Ends what the page is at, for something newer. */
let current = new AbortController();

/** The signal of what was begun last. */
export function currentSignal(): AbortSignal {
  return current.signal;
}

/** Says what went wrong. */
export function tell(error: unknown): void {
  problem.value = error instanceof Error ? error.message : String(error);
}

/**
 * Does something long, of which the page shows how far it is, and that can be cancelled. What was begun before is
 * given up.
 *
 * @returns null if it does not come to its end
 */
export async function work<T>(
  text: string,
  act: (options: WorkOptions) => Promise<T>,
): Promise<T | null> {
  current.abort(new Error("given up"));
  const own = current = new AbortController();
  const show = (share: number | null) => {
    if (own === current) busy.value = { text, share, cancel: () => own.abort() };
  };
  problem.value = null;
  show(null);
  try {
    return await act({ onProgress: show, signal: own.signal });
  } catch (error) {
    if (!own.signal.aborted) tell(error);
    return null;
  } finally {
    if (own === current) busy.value = null;
  }
}
