import assert from "node:assert/strict";
import { causal } from "@videoms/masking";
import { testOnBackends } from "../backends.ts";
import { chooseTokens, PAPER_GRID } from "./clips.ts";

testOnBackends("causal masks show what comes first", async () => {
  const { visible, target } = await chooseTokens(
    causal.create({ maskRatio: 0.25 }),
    [1],
    PAPER_GRID,
  );
  assert.equal(Math.max(...visible[0]), 6 * 196 - 1);
  assert.equal(Math.min(...target[0]), 6 * 196);
}, ["cpu"]);
