/** A file or folder that a look for videos passed over. */
export interface PassedOver {
  /** Absolute path. */
  readonly path: string;
  /** Why, for people: "hidden", "not named like a video", "holds no video", … */
  readonly why: string;
}

/** Told of what a look for videos passes over. */
export type PassOver = (path: string, why: string) => void;
