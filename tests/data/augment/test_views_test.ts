import { testViews } from "@videoms/data";
import assert from "node:assert/strict";

const GEOMETRY = { clipFrames: 16, samplingRate: 4, size: 224 };
const one = { ...GEOMETRY, segments: 1, crops: 1 };

/** First frames of the clips of a video with `candidates` sampled frames, counted in samples. */
function starts(candidates: number, segments: number): number[] {
  const video = { frames: candidates * 4, width: 224, height: 224 };
  const views = testViews(video, { segments, crops: 1, ...GEOMETRY });
  return views.map(({ frames }) => frames[0] / 4);
}

Deno.test("clips start where the reference's do", () => {
  assert.deepEqual(starts(23, 5), [0, 1, 3, 5, 7]);
  assert.deepEqual(starts(50, 10), [0, 3, 7, 11, 15, 18, 22, 26, 30, 34]);
  assert.deepEqual(starts(16, 3), [0, 0, 0]);
  assert.deepEqual(starts(23, 1), [3]);
});

Deno.test("views go segment by segment and keep the stride", () => {
  const views = testViews({ frames: 92, width: 320, height: 224 }, {
    segments: 5,
    crops: 3,
    ...GEOMETRY,
  });
  assert.equal(views.length, 15);
  const places = views.map(({ segment, crop }) => [segment, crop]);
  assert.deepEqual(places.slice(0, 4), [[0, 0], [0, 1], [0, 2], [1, 0]]);
  assert.deepEqual(views.slice(0, 3).map(({ box }) => box.x), [0, 48, 96]);
  for (const { frames } of views) {
    assert.ok(frames.every((frame, i) => i === 0 || frame === frames[i - 1] + 4));
  }
});

Deno.test("short videos repeat the last sampled frame", () => {
  const [view] = testViews({ frames: 10, width: 64, height: 48 }, {
    segments: 2,
    crops: 1,
    ...GEOMETRY,
    clipFrames: 5,
  });
  assert.deepEqual(Array.from(view.frames), [0, 4, 8, 8, 8]);
});

Deno.test("views of a window are those of a video that is the window, moved to its start", () => {
  const size = { width: 320, height: 224 };
  const options = { segments: 5, crops: 3, ...GEOMETRY };
  for (const [start, end] of [[0, 200], [37, 129], [190, 200], [199, 200]]) {
    const within = testViews({ ...size, frames: 200, window: { start, end } }, options);
    const alone = testViews({ ...size, frames: end - start }, options);
    const moved = alone.map((view) => ({ ...view, frames: view.frames.map((f) => f + start) }));
    assert.deepEqual(within, moved);
    assert.ok(within.every(({ frames }) => frames.every((f) => f >= start && f < end)));
    const [middle] = testViews({ ...size, frames: 200, window: { start, end } }, one);
    const [{ frames }] = testViews({ ...size, frames: end - start }, one);
    assert.deepEqual(middle.frames, frames.map((f) => f + start));
  }
});

Deno.test("windows that are not in the video are refused", () => {
  const video = { frames: 20, width: 4, height: 4 };
  for (const [start, end] of [[-1, 5], [5, 5], [10, 21], [0.5, 3], [NaN, 3]]) {
    assert.throws(() => testViews({ ...video, window: { start, end } }, one), {
      name: "RangeError",
      message: /the window must hold frames of the video's 20, got/,
    });
  }
});

Deno.test("squares run along the longer side of the source, from end to end", () => {
  const boxes = (width: number, height: number) =>
    testViews({ frames: 64, width, height }, { segments: 1, crops: 3, ...GEOMETRY })
      .map(({ box }) => box);
  assert.deepEqual(boxes(640, 448).map(({ x, y, width }) => [x, y, width]), [
    [0, 0, 448],
    [96, 0, 448],
    [192, 0, 448],
  ]);
  assert.deepEqual(boxes(240, 320).map(({ x, y }) => [x, y]), [[0, 0], [0, 40], [0, 79]]);
  for (const [width, height] of [[321, 239], [101, 97], [50, 50]]) {
    for (const box of boxes(width, height)) {
      assert.ok(box.x + box.width <= width && box.y + box.height <= height);
    }
  }
});

Deno.test("validation looks at the middle of the middle clip", () => {
  const [view] = testViews({ frames: 92, width: 320, height: 240 }, one);
  assert.equal(view.frames[0], 12);
  assert.deepEqual(view.box, { x: 40, y: 0, width: 240, height: 240 });
});

Deno.test("views refuse numbers that are not whole or below 1", () => {
  const options = { segments: 0, crops: 3, ...GEOMETRY };
  assert.throws(
    () => testViews({ frames: 9, width: 4, height: 4 }, options),
    /Cannot prepare views: segments must be a whole number from 1, got 0/,
  );
});
