import { type Distance, DISTANCES, FIRST_TUBELETS, type FirstTubelet } from "@videoms/core";
import assert from "node:assert/strict";
import { gridOf, type TokenGrid } from "@videoms/core";
import { tokenImportance } from "@videoms/masking";
import { rankTokens } from "../../masking/importance/informative_tokens.ts";
import { testOnBackends, valuesOf } from "../backends.ts";
import { embeddingsOf, GRIDS } from "./clips.ts";

function plainDistance(a: readonly number[], b: readonly number[], distance: Distance): number {
  const sum = (term: (i: number) => number) => a.reduce((total, _, i) => total + term(i), 0);
  if (distance === "l1") return sum((i) => Math.abs(a[i] - b[i]));
  if (distance === "l2") return Math.sqrt(sum((i) => (a[i] - b[i]) ** 2));
  const norms = Math.sqrt(sum((i) => a[i] ** 2) * sum((i) => b[i] ** 2));
  return 1 - sum((i) => a[i] * b[i]) / norms;
}

/** Importance of one clip, tokens [N][D], by plain loops. */
function plainImportance(
  tokens: readonly number[][],
  { tubelets, perTubelet }: TokenGrid,
  distance: Distance,
  first: FirstTubelet,
): number[] {
  const importance: number[] = [];
  for (let it = 1; it < tubelets; it++) {
    for (let place = 0; place < perTubelet; place++) {
      const n = it * perTubelet + place;
      importance[n] = plainDistance(tokens[n], tokens[n - perTubelet], distance);
    }
  }
  for (let place = 0; place < perTubelet; place++) {
    let largest = 0;
    for (let it = 1; it < tubelets; it++) {
      largest = Math.max(largest, importance[it * perTubelet + place]);
    }
    const choices = { copy: importance[perTubelet + place], zero: 0, max: largest };
    importance[place] = choices[first];
  }
  return importance;
}

testOnBackends("importance is that of plain loops", async () => {
  const width = 5;
  for (const grid of GRIDS.slice(1)) {
    const embeddings = embeddingsOf([1, 2], grid, width);
    const values = Array.from(await embeddings.data());
    const tokens = Array.from(
      { length: 2 * grid.tokens },
      (_, n) => values.slice(n * width, (n + 1) * width),
    );
    for (const distance of DISTANCES) {
      for (const first of FIRST_TUBELETS) {
        const computed = await valuesOf(tokenImportance(embeddings, grid, { distance, first }));
        const plain = [0, 1].flatMap((b) => {
          const clip = tokens.slice(b * grid.tokens, (b + 1) * grid.tokens);
          return plainImportance(clip, grid, distance, first);
        });
        plain.forEach((value, n) => {
          const error = Math.abs(computed[n] - value);
          assert.ok(error < 2e-5 * Math.max(1, value), `${distance} ${first}: ${error}`);
        });
      }
    }
    embeddings.dispose();
  }
});

testOnBackends("one tubelet has no motion", () => {
  const grid = gridOf(1, 2, 2);
  const embeddings = embeddingsOf([1], grid, 2);
  assert.throws(() => tokenImportance(embeddings, grid), /at least 2 tubelets, got 1/);
  embeddings.dispose();
}, ["cpu"]);

Deno.test("tokens rank by importance, equal ones by index", () => {
  const values = Float32Array.of(0, -0, 2, -1, 1e-40, 2, Infinity, -3);
  assert.deepEqual([...rankTokens(values, "most")], [6, 2, 5, 4, 0, 1, 3, 7]);
  assert.deepEqual([...rankTokens(values, "least")], [7, 3, 0, 1, 4, 2, 5, 6]);
});

Deno.test("ranking equals a stable sort with a comparison", () => {
  const values = Float32Array.from({ length: 1568 }, (_, n) => Math.sin(n * n) * (n % 7));
  const plain = [...values.keys()].sort((a, b) => values[b] - values[a] || a - b);
  assert.deepEqual([...rankTokens(values, "most")], plain);
});

Deno.test("an importance that is not a number is refused", () => {
  assert.throws(() => rankTokens(Float32Array.of(1, NaN), "most"), /got NaN for token 1/);
});
