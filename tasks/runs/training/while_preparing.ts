import { createProgress, type Output, type Progress } from "@videoms/data/console";
import type { PrepareVideosOptions } from "@videoms/data";

/** What the preparation of a run tells people by. */
export interface PreparationHooks extends PrepareVideosOptions {
  tell: (text: string) => void;
  onProgress: (what: string, done: number, total: number) => void;
  signal: AbortSignal;
  output: Output;
}

/** Runs a preparation with a progress line for each of its stages, one after the other. */
export async function whilePreparing<T>(
  { signal, output }: { signal: AbortSignal; output: Output },
  prepare: (hooks: PreparationHooks) => Promise<T>,
): Promise<T> {
  let label = "";
  let progress: Progress | null = null;
  const onProgress = (what: string, done: number, total: number) => {
    if (what !== label) {
      progress?.end();
      progress = createProgress(output.status, what, total, "videos");
      label = what;
    }
    progress!.update(done);
  };
  try {
    return await prepare({ tell: output.printError, onProgress, signal, output });
  } finally {
    (progress as Progress | null)?.end();
  }
}
