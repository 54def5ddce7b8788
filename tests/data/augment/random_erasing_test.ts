import { randomStream } from "@videoms/core";
import { drawEraseBox } from "@videoms/data";
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

Deno.test("erased rectangles have uniform areas, logarithms of aspects and places", () => {
  const frame = { width: 2240, height: 2240 }; // so large that rounding to pixels hardly shows
  const areas: number[] = [];
  const aspects: number[] = [];
  const places: number[] = [];
  for (let i = 0; i < 3000; i++) {
    const box = drawEraseBox(frame, 1, randomStream(1, "erase", i));
    assert.ok(box);
    const area = box.width * box.height / 2240 ** 2;
    const aspect = Math.log(box.height / box.width) / Math.log(1 / 0.3);
    assert.ok(area > 0.0199 && area < 0.3341 && Math.abs(aspect) < 1.01);
    places.push(box.top / (2240 - box.height), box.left / (2240 - box.width));
    if (area > 0.29) continue; // of larger ones, the long ones do not fit and are drawn anew
    areas.push((area - 0.02) / (0.29 - 0.02));
    aspects.push((aspect + 1) / 2);
  }
  for (const shares of [areas, aspects, places]) {
    const tenths = new Array(10).fill(0);
    for (const share of shares) tenths[Math.min(9, Math.max(0, Math.floor(share * 10)))]++;
    const expected = shares.length / 10;
    const chiSquare = tenths.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    assert.ok(chiSquare < 27.9, `${chiSquare}`); // 9 degrees of freedom, one in a thousand
  }
});
