import { createProgress, type Progress } from "../progress/progress.ts";

/** Progress lines for the stages of a preparation, one after the other. */
export interface PreparationProgress {
  /** Shows how far a stage is. */
  show: (what: string, done: number, total: number) => void;
  /** Ends the last line. */
  end: () => void;
}

/** A progress line for each stage of the preparation. */
export function preparationProgress(): PreparationProgress {
  let label = "";
  let progress: Progress | null = null;
  return {
    show(what, done, total) {
      if (what !== label) {
        progress?.end();
        progress = createProgress({ label: what, total, unit: "videos" });
        label = what;
      }
      progress!.update(done);
    },
    end: () => progress?.end(),
  };
}
