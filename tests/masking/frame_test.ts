import assert from "node:assert/strict";
import { frame } from "@videoms/masking";
import { testOnBackends } from "../backends.ts";
import { byTubelet, chooseTokens, PAPER_GRID } from "./clips.ts";

testOnBackends("frame masks hide tubelets as a whole, and other ones for each clip", async () => {
  const strategy = frame.create({ maskRatio: 0.75 });
  const { visible } = await chooseTokens(strategy, [1, 2, 3, 4], PAPER_GRID);
  const shown = visible.map((row) => byTubelet(row, PAPER_GRID).map(({ length }) => length));
  for (const counts of shown) {
    assert.deepEqual(counts.toSorted((a, b) => b - a), [196, 196, 0, 0, 0, 0, 0, 0]);
  }
  assert.ok(new Set(shown.map(String)).size > 1);
}, ["cpu"]);
