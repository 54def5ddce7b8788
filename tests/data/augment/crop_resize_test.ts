import { randomStream } from "@videoms/core";
import { cropResize, horizontalFlip, randomResizedCrop } from "@videoms/data";
import assert from "node:assert/strict";
import { frameOf, patternClip } from "./clips.ts";

Deno.test("mirroring twice is the clip, once puts the last column first", () => {
  const clip = patternClip(2, 5, 7);
  const once = horizontalFlip(clip);
  assert.deepEqual(horizontalFlip(once), clip);
  assert.deepEqual(once.pixels.slice(0, 3), clip.pixels.slice(18, 21));
});

Deno.test("a crop that keeps its size is cut out as it is", () => {
  const clip = patternClip(2, 9, 11);
  const { pixels, height, width } = cropResize(clip, { x: 3, y: 2, width: 4, height: 4 }, 4);
  assert.deepEqual([height, width], [4, 4]);
  for (let y = 0; y < 4; y++) {
    const from = (9 + 2 + y) * 11 + 3; // of the second frame
    const row = pixels.slice((16 + y * 4) * 3, (16 + y * 4 + 4) * 3);
    assert.deepEqual(row, clip.pixels.slice(from * 3, (from + 4) * 3));
  }
});

Deno.test("a box that moves is at both of its places, and between them in whole pixels", () => {
  const clip = patternClip(4, 24, 32);
  const from = { x: 1, y: 2, width: 12, height: 10 };
  const to = { x: 11, y: 8, width: 18, height: 13 };
  const moved = cropResize(clip, from, 8, to);
  // A third of the way from each side to the other, rounded down.
  const boxes = [
    from,
    { x: 4, y: 4, width: 14, height: 11 },
    { x: 7, y: 6, width: 16, height: 12 },
    to,
  ];
  for (const [frame, box] of boxes.entries()) {
    const alone = cropResize(frameOf(clip, frame), box, 8);
    assert.deepEqual(frameOf(moved, frame), alone, `frame ${frame}`);
  }
  assert.deepEqual(cropResize(clip, from, 8, { ...from }), cropResize(clip, from, 8));
});

Deno.test("resizing is bilinear between pixel centres and does not look outside the box", () => {
  const row = [99, 0, 100, 99]; // the box is the middle two
  const pixels = Uint8Array.from(row.flatMap((value) => [value, value, value]));
  const clip = { pixels, frames: 1, height: 1, width: 4 };
  const box = { x: 1, y: 0, width: 2, height: 1 };
  const grown = cropResize(clip, box, 4);
  const reds = Array.from({ length: 4 }, (_, i) => grown.pixels[i * 3]);
  assert.deepEqual(reds, [0, 25, 75, 100]);
});

Deno.test("shrinking reads the four nearest pixels only", () => {
  const pixels = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => Math.floor(i / 3) % 8 * 30);
  const clip = { pixels, frames: 1, height: 8, width: 8 };
  const shrunk = cropResize(clip, { x: 0, y: 0, width: 8, height: 8 }, 2);
  assert.deepEqual([shrunk.pixels[0], shrunk.pixels[3]], [45, 165]); // between columns 1, 2 and 5, 6
});

Deno.test("boxes outside the frame and bad sizes are refused", () => {
  const clip = patternClip(1, 4, 4);
  const box = { x: 0, y: 0, width: 4, height: 4 };
  assert.throws(() => cropResize(clip, { ...box, x: 1 }, 4), /the box must lie in the 4×4 frame/);
  assert.throws(() => cropResize(clip, box, 0), /size must be a whole number from 1, got 0/);
});

Deno.test("random resized crops lie in the frame, in their ranges, and reach its corners", () => {
  const frame = { width: 32, height: 24 };
  const corners = new Set<string>();
  for (let i = 0; i < 5000; i++) {
    const box = randomResizedCrop(frame, randomStream(0, "crop", i));
    assert.deepEqual(box, randomResizedCrop(frame, randomStream(0, "crop", i)));
    const { x, y, width, height } = box;
    assert.ok(x >= 0 && y >= 0 && x + width <= 32 && y + height <= 24);
    assert.ok((width + 0.5) * (height + 0.5) >= 0.08 * 32 * 24);
    assert.ok((width + 0.5) / (height - 0.5) >= 0.75 && (width - 0.5) / (height + 0.5) <= 1.3333);
    if (x === 0 && y === 0) corners.add("first");
    if (x + width === 32 && y + height === 24) corners.add("last");
  }
  assert.equal(corners.size, 2);
});

Deno.test("areas of random resized crops are even over their range", () => {
  const frame = { width: 1000, height: 1000 };
  const options = { scale: [0.1, 0.5], aspect: [1, 1] } as const;
  let sum = 0;
  for (let i = 0; i < 2000; i++) {
    const { width, height } = randomResizedCrop(frame, randomStream(1, i), options);
    sum += width * height / 1e6;
  }
  assert.ok(Math.abs(sum / 2000 - 0.3) < 0.015); // deviation of the mean 0.0026
});

Deno.test("without a box that fits the crop is the largest in the middle within the aspects", () => {
  const scale = [1, 1] as const; // a box of the whole area fits only if the aspect does
  const wide = randomResizedCrop({ width: 400, height: 100 }, randomStream(0), { scale });
  assert.deepEqual(wide, { x: 133, y: 0, width: 133, height: 100 });
  const high = randomResizedCrop({ width: 90, height: 400 }, randomStream(0), { scale });
  assert.deepEqual(high, { x: 0, y: 140, width: 90, height: 120 });
  const range = { aspect: [2, 1] } as const;
  assert.throws(
    () => randomResizedCrop({ width: 4, height: 4 }, randomStream(0), range),
    RangeError,
  );
});
