import assert from "node:assert/strict";
import { confusionPicture } from "../../../data/pictures/confusion_picture.ts";
import { type Canvas } from "../../../data/pictures/canvas.ts";
import { heatColour } from "../../../data/pictures/heat_map.ts";

function names(count: number): string[] {
  return Array.from({ length: count }, (_, c) => `a class with a long name, ${c}`);
}

/** How many pixels have each colour. */
function colours({ width, height, data }: Canvas): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i < width * height; i++) {
    const key = data.subarray(i * 3, i * 3 + 3).join();
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

Deno.test("cells have the colours of their share of the class", () => {
  // Half of the first class is taken for the second; a video of the second cannot be read.
  const counts = [2000, 2000, 0, 3000];
  const picture = confusionPicture({ classes: ["a", "b"], counts, videos: [4000, 4000] });
  const seen = colours(picture);
  for (const [share, cells] of [[0, 1], [0.5, 2], [0.75, 1]] as const) {
    const pixels = seen.get(heatColour(share).join()) ?? 0;
    assert.ok(pixels > cells * 500 && pixels <= cells * 900 + 40, `${share}: ${pixels}`);
  }
});

Deno.test("pictures stay sensible from one class to several hundred", () => {
  for (const classes of [1, 2, 101, 400]) {
    const counts = Uint32Array.from({ length: classes ** 2 }, (_, i) => i % (classes + 1) ? 0 : 9);
    const { width, height } = confusionPicture({
      classes: names(classes),
      counts,
      title: ["two", "lines"],
    });
    assert.ok(width > 100 && width < 1500 && height > 100 && height < 1500, `${width} × ${height}`);
  }
});

Deno.test("counts are written where they have room", () => {
  const drawn = (counts: number[]) => colours(confusionPicture({ classes: ["a", "b"], counts }));
  const dark = "235,235,235"; // colour of numbers on dark cells
  assert.ok(drawn([9, 1, 0, 9]).has(dark));
  assert.ok(!drawn([900_000, 100_000, 0, 900_000]).has(dark));
});

Deno.test("a matrix of another size is refused", () => {
  const wrong = () => confusionPicture({ classes: names(3), counts: [1, 2, 3, 4] });
  assert.throws(wrong, /3 classes must have 9 counts, got 4/);
  assert.throws(() => confusionPicture({ classes: [], counts: [] }), /0 classes/);
});
