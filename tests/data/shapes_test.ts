import { SHAPE_CLASSES, shapes } from "@videoms/data";
import assert from "node:assert/strict";
import { renderShapes } from "../../data/shapes/render_shapes.ts";
import { recordOf, withFolder } from "./test_videos.ts";

const video = { size: 64, frames: 16, seed: 0, split: "train", index: 0 };
const frameBytes = 64 * 64 * 3;

/** Mean change of a pixel between neighbouring frames. */
function change(pixels: Uint8Array): number {
  let sum = 0;
  for (let i = frameBytes; i < pixels.length; i++) {
    sum += Math.abs(pixels[i] - pixels[i - frameBytes]);
  }
  return sum / (pixels.length - frameBytes);
}

Deno.test("every class moves but still, and a video is a pure function of its number", () => {
  SHAPE_CLASSES.forEach((name, index) => {
    const pixels = renderShapes({ ...video, index });
    assert.deepEqual(renderShapes({ ...video, index }), pixels);
    assert.equal(change(pixels) > 0.2, name !== "still", `${name} ${change(pixels)}`);
  });
  assert.notDeepEqual(renderShapes(video), renderShapes({ ...video, index: 10 }));
  assert.notDeepEqual(renderShapes(video), renderShapes({ ...video, split: "held_out" }));
});

Deno.test("with pauses a shape rests before and after a motion that is as quick as without", () => {
  const starts = [0, 10, 20, 30].map((index) => {
    const pixels = renderShapes({ ...video, index, paused: 0.75 });
    const frame = (i: number) => pixels.subarray(i * frameBytes, (i + 1) * frameBytes);
    const moved = Array.from(
      { length: 15 },
      (_, i) => change(pixels.subarray(i * frameBytes, (i + 2) * frameBytes)),
    );
    const moves = moved.flatMap((amount, i) => amount > 0 ? [i] : []);
    assert.deepEqual(moves, [0, 1, 2].map((i) => moves[0] + i), "a quarter of 16 frames differ");
    const whole = renderShapes({ ...video, index });
    assert.deepEqual(pixels.subarray(0, frameBytes), whole.subarray(0, frameBytes));
    assert.deepEqual(frame(15), whole.subarray(3 * frameBytes, 4 * frameBytes));
    return moves[0];
  });
  assert.ok(new Set(starts).size > 1, "pauses differ");
});

Deno.test("the data set is made once, the same bytes each time, and whole or not at all", () =>
  withFolder(async (folder) => {
    const make = (dir: string) =>
      shapes.create({ ...shapes.defaults, videos: 12, heldOut: 4, frames: 8, dir });
    const first = await make(`${folder}/50%d`).prepare();
    assert.deepEqual(first.classes, SHAPE_CLASSES);
    const { train, heldOut } = first;
    assert.deepEqual([train.length, heldOut!.length], [12, 4]);
    assert.deepEqual(train.map(({ label }) => label), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    const record = await recordOf(train[3].path);
    assert.deepEqual([record.width, record.height, record.frames, record.fps], [64, 64, 8, 16]);

    const changed = (await Deno.stat(train[0].path)).mtime;
    assert.deepEqual(await make(`${folder}/50%d`).prepare(), first);
    assert.deepEqual((await Deno.stat(train[0].path)).mtime, changed);

    const { train: same } = await make(`${folder}/again`).prepare();
    for (const [i, { path }] of train.entries()) {
      assert.deepEqual(await Deno.readFile(same[i].path), await Deno.readFile(path));
    }

    const stop = new AbortController();
    const stopped = make(`${folder}/stopped`).prepare({
      signal: stop.signal,
      onProgress: ({ done }) => done === 6 && stop.abort(),
    });
    await assert.rejects(stopped, { name: "AbortError" });
    assert.deepEqual([...Deno.readDirSync(`${folder}/stopped`)], []);
  }));

Deno.test("options that cannot work are refused", () => {
  const create = (options: object) => () => shapes.create({ ...shapes.defaults, ...options });
  assert.throws(create({ videos: 0 }), /videos must be a whole number from 1, got 0/);
  assert.throws(create({ paused: 1 }), /paused must be from 0 to below 1, got 1/);
  assert.throws(create({ size: 33 }), /size must be even, got 33/);
});
