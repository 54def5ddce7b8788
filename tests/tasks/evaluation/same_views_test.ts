import assert from "node:assert/strict";
import { countSameViews, type LabelledVideo, sameViewsText } from "@videoms/data";
import { type FrameSelector, segments, spread, still, uniform } from "@videoms/masking";
import { evaluationViews } from "@videoms/studio/views";
import { registry } from "../small_task.ts";

const task = {
  model: { frames: 8, tubeletSize: 2, imageSize: 32 },
  data: { samplingRate: 2 },
};

/** A video of so many frames, of which `window` is looked at. */
function video(frames: number, width: number, window?: { start: number; end: number }) {
  return { record: { frames, width, height: 64 }, label: 0, window } as unknown as LabelledVideo;
}

Deno.test("views of a video that show the same are counted and told", () => {
  const selector = registry.create<FrameSelector>(spread());
  const counts = { segments: 3, crops: 3 };
  const plan = evaluationViews(task as never, selector, counts);
  const [short, square, narrow] = [16, 100, 15].map((frames, i) => video(frames, [64, 64, 96][i]));
  const window = video(100, 64, { start: 20, end: 30 });
  const same = countSameViews([short, square, narrow, window, video(100, 96)], plan);
  assert.deepEqual(same, { videos: 5, all: 2, segments: 1, crops: 1 });
  assert.deepEqual(sameViewsText(same, counts), [
    "All 9 views of 2 of 5 videos are the same: one clip shows all of them",
    "The 3 segments of 1 of 5 videos are the same: one clip spans the video",
    "The 3 crops of 1 of 5 videos are the same: their frames are square",
  ]);
  const differing = countSameViews([video(100, 96), video(18, 96)], plan);
  assert.deepEqual(sameViewsText(differing, counts), []);
  const one = { segments: 1, crops: 1 };
  const single = countSameViews([short], evaluationViews(task as never, selector, one));
  assert.deepEqual(sameViewsText(single, one), [], "there is nothing to be the same as");
});

Deno.test("classifiers of one frame, and of frames of the whole video, are evaluated by such clips also where there are several", () => {
  const counts = { segments: 3, crops: 1 };
  const plan = evaluationViews(task as never, registry.create<FrameSelector>(still()), counts);
  const views = plan(video(100, 64));
  assert.deepEqual(views.map(({ frames }) => new Set(frames).size), [1, 1, 1]);
  assert.equal(new Set(views.map(({ frames: [frame] }) => frame)).size, 3);
  const whole = (chosen: FrameSelector, views: number) =>
    evaluationViews(task as never, chosen, { segments: views, crops: 2 })(video(96, 64))
      .map(({ segment, frames }) => [segment, ...frames]);
  const evenly = registry.create<FrameSelector>(uniform());
  const [first] = whole(evenly, 1);
  assert.deepEqual(whole(evenly, 2), [0, 0, 1, 1].map((segment) => [segment, ...first.slice(1)]));
  const middles = [5, 17, 29, 41, 53, 65, 77, 89];
  const selector = registry.create<FrameSelector>(segments());
  assert.deepEqual(whole(selector, 1), [[0, ...middles], [0, ...middles]]);
  const shifted = [0, 6].map((shift) => Array.from({ length: 8 }, (_, i) => 12 * i + shift));
  assert.deepEqual(whole(selector, 2), [0, 0, 1, 1].map((k) => [k, ...shifted[k]]));
});
