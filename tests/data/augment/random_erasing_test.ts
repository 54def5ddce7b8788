import { randomStream } from "@videoms/core";
import { drawEraseBox, noiseFill } from "@videoms/data";
import assert from "node:assert/strict";

const FRAME = { width: 224, height: 224 };

Deno.test("erased rectangles have the published sizes and probability", () => {
  let erased = 0;
  let area = 0;
  for (let i = 0; i < 4000; i++) {
    const box = drawEraseBox(FRAME, 0.25, randomStream(0, "erase", i));
    assert.deepEqual(box, drawEraseBox(FRAME, 0.25, randomStream(0, "erase", i)));
    if (!box) continue;
    erased++;
    area += box.width * box.height / 224 ** 2;
    assert.ok(box.top >= 0 && box.left >= 0);
    assert.ok(box.height < 224 && box.width < 224);
    assert.ok(box.top + box.height <= 224 && box.left + box.width <= 224);
    assert.ok(box.height / box.width > 0.29 && box.height / box.width < 3.4);
  }
  assert.ok(Math.abs(erased / 4000 - 0.25) < 0.03);
  assert.ok(area / erased > 0.15 && area / erased < 0.185); // 0.177 before large ones are refused
  assert.equal(drawEraseBox(FRAME, 0, randomStream(0)), null);
  assert.notEqual(drawEraseBox(FRAME, 1, randomStream(0)), null);
});

Deno.test("noise fills the rectangle of every frame, anew, and nothing else", () => {
  const [frames, height, width] = [4, 40, 50];
  const values = new Float32Array(frames * height * width * 3).fill(9);
  const box = { top: 8, left: 10, height: 20, width: 30 };
  noiseFill({ values, frames, height, width }, box, randomStream(0, "noise"));
  const noise: number[] = [];
  values.forEach((value, i) => {
    const x = Math.floor(i / 3) % width;
    const y = Math.floor(i / 3 / width) % height;
    const inside = x >= 10 && x < 40 && y >= 8 && y < 28;
    if (inside) noise.push(value);
    else assert.equal(value, 9);
  });
  assert.equal(new Set(noise).size, noise.length);
  const mean = noise.reduce((sum, value) => sum + value, 0) / noise.length;
  const square = noise.reduce((sum, value) => sum + value ** 2, 0) / noise.length;
  assert.ok(Math.abs(mean) < 0.05 && Math.abs(square - 1) < 0.08);
});

Deno.test("noise outside the frame is refused", () => {
  const clip = { values: new Float32Array(48), frames: 1, height: 4, width: 4 };
  const box = { top: 2, left: 0, height: 3, width: 2 };
  assert.throws(() => noiseFill(clip, box, randomStream(0)), /Cannot erase from a clip/);
});
