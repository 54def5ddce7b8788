/** A clip of a group, or its error and cause. */
export type TriedClip =
  | { readonly pixels: Uint8Array<ArrayBuffer> }
  | {
    readonly error: string;
    /** Whether the machine failed rather than the file, so that retrying may help. */
    readonly passing: boolean;
    /** Whether ffmpeg named this file when the whole group failed. */
    readonly blamed: boolean;
    /** Whether the error names the image that is at fault. @default false */
    readonly named?: boolean;
  };
