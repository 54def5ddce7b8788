import assert from "node:assert/strict";
import { gridOf } from "@videoms/core";
import { runningCell } from "@videoms/masking";
import { testOnBackends } from "../backends.ts";
import { byTubelet, chooseTokens, PAPER_GRID } from "./clips.ts";

testOnBackends("a running cell moves on by a place a tubelet", async () => {
  for (const skipRatio of [0.25, 0.5, 0.75]) {
    const strategy = runningCell.create({ maskRatio: 0.9, skipRatio });
    const { visible, target } = await chooseTokens(strategy, [5], PAPER_GRID);
    const seen = byTubelet(visible[0], PAPER_GRID);
    const decoded = byTubelet(target[0], PAPER_GRID);
    const hidden = (place: number) => !seen[0].includes(place);
    // The ring of the reference: ones first, turned left by phase + t + 1, laid out row by row.
    const ring = Array.from({ length: 4 }, (_, i) => i < 4 * skipRatio ? 1 : 0);
    const wanted = (phase: number) =>
      decoded.map((_, t) =>
        Array.from({ length: 196 }, (_, place) => place).filter((place) => {
          const cell = Math.floor(place / 14) % 2 * 2 + place % 14 % 2;
          return hidden(place) && ring[(cell + phase + t + 1) % 4] === 0;
        })
      );
    const phases = [0, 1, 2, 3].filter((phase) =>
      JSON.stringify(wanted(phase)) === JSON.stringify(decoded)
    );
    assert.equal(phases.length, 1, `skipRatio ${skipRatio}`);
  }
}, ["cpu"]);

testOnBackends("a running cell has as many targets for any number of tubelets", async () => {
  for (const tubelets of [3, 5, 6, 7]) {
    const grid = gridOf(tubelets, 4, 6);
    const strategy = runningCell.create({ maskRatio: 0.5, skipRatio: 0.5 });
    const counts = strategy.counts(grid);
    const { target } = await chooseTokens(strategy, [1, 2, 3, 4, 5], grid);
    for (const row of target) assert.equal(row.length, counts.target);
  }
  assert.throws(
    () => runningCell.create(runningCell.defaults).counts(gridOf(8, 7, 7)),
    /2 x 2 must tile the grid, got 7 x 7/,
  );
  assert.throws(
    () => runningCell.create({ maskRatio: 0.5, skipRatio: 0.75 }).counts(gridOf(2, 4, 4)),
    /must leave a target token, got 0.75 for 2 tubelets/,
  );
  assert.throws(
    () => runningCell.create({ maskRatio: 0.5, skipRatio: 0.2 }),
    /at least 0.25 and below 1, got 0.2/,
  );
}, ["cpu"]);
