import type { LabelledVideo } from "./clip_batch.ts";
import type { ClipView } from "../augment/test_views.ts";

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

/** Whether several views are alike in something. */
function areOne(views: readonly ClipView[], of: (view: ClipView) => readonly unknown[]): boolean {
  return views.length > 1 && new Set(views.map((view) => of(view).join())).size === 1;
}

/** Counts the videos whose planned views do not differ, each under what is most of them. */
export function countSameViews(
  videos: readonly LabelledVideo[],
  plan: (video: LabelledVideo) => readonly ClipView[],
): SameViews {
  const count = { videos: videos.length, all: 0, segments: 0, crops: 0 };
  const frames = ({ frames }: ClipView) => [...frames];
  const box = ({ box: { x, y, width, height } }: ClipView) => [x, y, width, height];
  for (const video of videos) {
    const views = plan(video);
    if (areOne(views, (view) => [...frames(view), ...box(view)])) count.all++;
    else if (areOne(views.filter(({ crop }) => crop === 0), frames)) count.segments++;
    else if (areOne(views.filter(({ segment }) => segment === 0), box)) count.crops++;
  }
  return count;
}

/** What people are told of views that do not differ; none if they all do. */
export function sameViewsText(
  same: SameViews,
  { segments, crops }: { segments: number; crops: number },
): string[] {
  const text = (count: number, which: string, what: string) =>
    count === 0 ? [] : [
      `${which} of ${count} of ${same.videos} ${same.videos === 1 ? "video" : "videos"} ${what}`,
    ];
  return [
    ...text(same.all, `All ${segments * crops} views`, "are the same: one clip shows all of them"),
    ...text(same.segments, `The ${segments} segments`, "are the same: one clip spans the video"),
    ...text(same.crops, `The ${crops} crops`, "are the same: their frames are square"),
  ];
}
