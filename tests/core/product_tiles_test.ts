/** How products are divided among threads: all of it once, in tiles that are large enough, evenly. */

import assert from "node:assert/strict";
import { tilesOf } from "../../core/cpu/jobs/parts.ts";

const SIZES = [
  ...[[472, 384, 384], [472, 1152, 384], [472, 1536, 384], [1880, 192, 192], [150, 97, 131]],
  ...[[3_000, 33, 40], [7, 5, 3], [940, 768, 768], [96, 2_304, 768], [100_000, 10, 64]],
];

for (const [rows, columns, inner] of SIZES) {
  Deno.test(`tiles of [${rows}, ${inner}] · [${inner}, ${columns}]`, () => {
    const whole = tilesOf(rows, columns, inner, { index: 0, count: 1 });
    const panelRows = new Map(whole.map((tile) => [tile.columns.begin, tile.rows]));
    for (const count of [1, 2, 3, 8]) {
      const seen = new Uint8Array(rows * columns);
      for (let index = 0; index < count; index++) {
        for (const { rows: r, columns: c } of tilesOf(rows, columns, inner, { index, count })) {
          const size = (r.end - r.begin) * (c.end - c.begin) * inner;
          const { begin, end } = panelRows.get(c.begin)!;
          const isPanel = r.begin === begin && r.end === end;
          assert.ok(isPanel || size > 1e6, `${size} multiply-accumulates of ${count} parts`);
          for (let y = r.begin; y < r.end; y++) {
            for (let x = c.begin; x < c.end; x++) seen[y * columns + x]++;
          }
        }
      }
      assert.ok(seen.every((times) => times === 1), `${count} parts`);
    }
  });
}

Deno.test("two threads get about as many rows of a step's products", () => {
  const [one, other] = [0, 1].map((index) =>
    tilesOf(472, 384, 384, { index, count: 2 })
      .reduce((sum, { rows }) => sum + rows.end - rows.begin, 0)
  );
  assert.deepEqual([one, other], [240, 232]);
});
