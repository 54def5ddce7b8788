/** A file or folder that a search for videos skipped. */
export interface SkippedEntry {
  /** Absolute path. */
  readonly path: string;
  /** The reason: "hidden", "not named like a video", "holds no video", … */
  readonly why: string;
}

/** Called for each skipped file or folder. */
export type OnSkip = (path: string, why: string) => void;
