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
