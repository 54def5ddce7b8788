import type { VideoTally } from "../targets/video_tally.ts";

/** Losses of the sets of a mix, by their names. */
export interface RatedSets {
  readonly setLosses?: Readonly<Record<string, number>>;
}

/** A tally that knows the loss of each set of a mix of data sets, beside the rating of all videos. */
export function setTally<Rating extends { readonly loss: number }>(
  make: () => VideoTally<Rating>,
): VideoTally<Rating & RatedSets> {
  const whole = make();
  const sets = new Map<string, VideoTally<Rating>>();
  let views: Float32Array[] = []; // of the video at hand, whose set is known at its end
  return {
    addView(scores) {
      whole.addView(scores);
      views.push(scores.slice());
    },
    endVideo(video) {
      whole.endVideo(video);
      if (video.set) {
        const own = sets.get(video.set.name) ?? make();
        sets.set(video.set.name, own);
        for (const scores of views) own.addView(scores);
        own.endVideo(video);
      }
      views = [];
    },
    rating() {
      const losses = [...sets].map(([name, tally]) => [name, tally.rating().loss]);
      return { ...whole.rating(), ...sets.size > 0 && { setLosses: Object.fromEntries(losses) } };
    },
  };
}
