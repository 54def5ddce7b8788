import type { VideoTally } from "../targets/video_tally.ts";
import { AccuracyTally, type VideoAccuracy } from "./accuracy_tally.ts";

/** The tally of a classifier. */
export function accuracyTally(classes: number): VideoTally<VideoAccuracy> {
  const tally = new AccuracyTally(classes);
  return {
    addView: (logits) => tally.addView(logits),
    endVideo: ({ label }) => void tally.endVideo(label),
    rating: () => tally.accuracy(),
  };
}
