/** What is known of a video that is predicted. */
export interface WantedVideo {
  /** Class, from 0. */
  readonly label: number;
  /** What is predicted in place of a class. @default nothing, the label is */
  readonly targets?: readonly number[];
  /** The set of a mix that it is of. @default none */
  readonly set?: { readonly name: string };
}

/** Sums up how a network does, video by video. */
export interface VideoTally<Rating> {
  /** Adds a view of the video at hand by its scores, float32 [C]. */
  addView(scores: Float32Array): void;
  /** Ends a video, of which there may be no view. */
  endVideo(video: WantedVideo): void;
  /** How the network does on the videos so far. */
  rating(): Rating;
}
