import assert from "node:assert/strict";
import { multiBlock } from "@videoms/masking";
import { testOnBackends } from "../backends.ts";
import { byTubelet, chooseTokens, PAPER_GRID } from "./clips.ts";

testOnBackends(
  "blocks through all of the time hide places, but for the one that is cut",
  async () => {
    const strategy = multiBlock.create({ ...multiBlock.defaults, maskRatio: 0.6 });
    const { visible } = await chooseTokens(strategy, [1, 2, 3], PAPER_GRID);
    for (const row of visible) {
      const times = new Map<number, number>();
      for (const n of row) times.set(n % 196, (times.get(n % 196) ?? 0) + 1);
      const partly = [...times.values()].filter((count) => count < 8);
      assert.ok(partly.length <= 1, `${partly}`);
    }
  },
  ["cpu"],
);

testOnBackends("blocks are as long and as large as told, and fill any grid", async () => {
  const one = multiBlock.create({
    maskRatio: 0.05, // a single block hides more, and is cut
    area: 0.25,
    time: 0.25,
    minAspect: 1,
    maxAspect: 1,
  });
  const { target } = await chooseTokens(one, [3], PAPER_GRID);
  const tubelets = byTubelet(target[0], PAPER_GRID).flatMap((places, t) =>
    places.length > 0 ? [t] : []
  );
  assert.equal(tubelets.length, 2);
  const columns = target[0].map((n) => n % 14);
  assert.ok(Math.max(...columns) - Math.min(...columns) < 7);
  const most = multiBlock.create({ ...multiBlock.defaults, maskRatio: 0.99, area: 0.7 });
  const { visible } = await chooseTokens(most, [1], PAPER_GRID);
  assert.equal(visible[0].length, 1568 - Math.trunc(0.99 * 1568));
  for (
    const [options, message] of [
      [{ area: 0 }, /area must be in \(0, 1\], got 0/],
      [{ time: 1.5 }, /time must be in \(0, 1\], got 1.5/],
      [{ minAspect: 2 }, /at most maxAspect, got 2 and 1.5/],
    ] as const
  ) assert.throws(() => multiBlock.create({ ...multiBlock.defaults, ...options }), message);
}, ["cpu"]);
