import type { ClipView, LabelledVideo } from "@videoms/data";
import type { PlanViews, ViewCounts } from "../../runs/videos/test_clips.ts";

/** How many videos have views that show the same, so that averaging them says nothing more than one. */
export interface SameViews {
  /** Videos that were looked at. */
  readonly videos: number;
  /** Those whose views are all the same. */
  readonly all: number;
  /** Others, whose clips along time are all of the same frames: they are no longer than a clip. */
  readonly segments: number;
  /** Others, whose windows are all the same: they are square. */
  readonly crops: number;
}

/** Whether there are several of something, all alike. */
function areOne(keys: readonly string[]): boolean {
  return keys.length > 1 && new Set(keys).size === 1;
}

function framesOf({ frames }: ClipView): string {
  return frames.join();
}

function boxOf({ box: { x, y, width, height } }: ClipView): string {
  return [x, y, width, height].join();
}

/** Counts the videos whose planned views do not differ, each under what is most of them. */
export function countSameViews(videos: readonly LabelledVideo[], plan: PlanViews): SameViews {
  const count = { videos: videos.length, all: 0, segments: 0, crops: 0 };
  for (const video of videos) {
    const views = plan(video);
    const ofSegments = views.filter(({ crop }) => crop === 0).map(framesOf);
    const ofCrops = views.filter(({ segment }) => segment === 0).map(boxOf);
    if (areOne(views.map((view) => `${framesOf(view)} ${boxOf(view)}`))) count.all++;
    else if (areOne(ofSegments)) count.segments++;
    else if (areOne(ofCrops)) count.crops++;
  }
  return count;
}

/** What people are told of views that do not differ; none if they all do. */
export function sameViewsText(same: SameViews, { segments, crops }: ViewCounts): string[] {
  const { videos, all } = same;
  const of = (count: number) => `${count} of ${videos} ${videos === 1 ? "video" : "videos"}`;
  return [
    ...all > 0
      ? [`All ${segments * crops} views of ${of(all)} are the same: one clip shows all of them`]
      : [],
    ...same.segments > 0
      ? [`The ${segments} segments of ${of(same.segments)} are the same: no longer than one clip`]
      : [],
    ...same.crops > 0
      ? [`The ${crops} crops of ${of(same.crops)} are the same: their frames are square`]
      : [],
  ];
}
