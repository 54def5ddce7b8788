import { randomStream } from "@videoms/core";
import { centreCrop, multiScaleCrop } from "@videoms/data";
import assert from "node:assert/strict";
import { multiScaleOffsets, multiScaleSizes } from "../../data/crop/multi_scale_crop.ts";

const FRAME = { width: 320, height: 240 };

Deno.test("multi-scale sizes of a 320×240 frame are the reference's", () => {
  assert.deepEqual(multiScaleSizes(FRAME, 224), [
    [240, 240],
    [210, 240],
    [240, 210],
    [210, 210],
    [180, 210],
    [210, 180],
    [180, 180],
    [158, 180],
    [180, 158],
    [158, 158],
  ]);
});

Deno.test("multi-scale offsets are multiples of a quarter of the free space", () => {
  const dw = 27;
  const dh = 7;
  assert.deepEqual(multiScaleOffsets(FRAME, 210, 210), [
    [0, 0],
    [4 * dw, 0],
    [0, 4 * dh],
    [4 * dw, 4 * dh],
    [2 * dw, 2 * dh],
    [0, 2 * dh],
    [4 * dw, 2 * dh],
    [2 * dw, 4 * dh],
    [2 * dw, 0],
    [dw, dh],
    [3 * dw, dh],
    [dw, 3 * dh],
    [3 * dw, 3 * dh],
  ]);
});

Deno.test("a side within two pixels of the target becomes the target, inside the frame", () => {
  assert.deepEqual(multiScaleSizes({ width: 400, height: 226 }, 224)[0], [224, 224]);
  assert.deepEqual(multiScaleSizes({ width: 400, height: 227 }, 224)[0], [227, 227]);
  assert.deepEqual(multiScaleSizes({ width: 400, height: 222 }, 224)[0], [222, 222]);
});

Deno.test("multi-scale crops lie in the frame, whatever its size, and follow the stream", () => {
  for (const [width, height] of [[320, 240], [240, 320], [223, 500], [7, 5], [1, 1]]) {
    for (let i = 0; i < 200; i++) {
      const box = multiScaleCrop({ width, height }, 224, randomStream(0, "crop", i));
      assert.ok(box.x >= 0 && box.y >= 0 && box.width >= 1 && box.height >= 1);
      assert.ok(box.x + box.width <= width && box.y + box.height <= height);
      assert.deepEqual(box, multiScaleCrop({ width, height }, 224, randomStream(0, "crop", i)));
    }
  }
});

Deno.test("the centre crop is the largest square in the middle", () => {
  assert.deepEqual(centreCrop(FRAME), { x: 40, y: 0, width: 240, height: 240 });
  assert.deepEqual(centreCrop({ width: 3, height: 8 }), { x: 0, y: 2, width: 3, height: 3 });
});
