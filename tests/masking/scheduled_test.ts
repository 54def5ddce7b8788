import assert from "node:assert/strict";
import { createRegistry, type Descriptor, pluginsOf } from "@videoms/core";
import * as masking from "@videoms/masking";
import { type MaskingStrategy, multiBlock, scheduled, tube } from "@videoms/masking";
import { testOnBackends } from "../backends.ts";
import { chooseTokens, PAPER_GRID } from "./clips.ts";

const registry = createRegistry(pluginsOf(masking));

testOnBackends("a schedule masks as the stage at hand does, and at last as the last", async () => {
  const early = tube({ maskRatio: 0.5 });
  const late = multiBlock();
  const strategy = registry.create<MaskingStrategy>(
    scheduled({ stages: [{ until: 0.25, masking: early }, { until: 1, masking: late }] }),
  );
  const chosen = (progress?: number) => chooseTokens(strategy, [7], PAPER_GRID, progress);
  const alone = (one: Descriptor) =>
    chooseTokens(registry.create<MaskingStrategy>(one), [7], PAPER_GRID);
  assert.deepEqual(await chosen(0), await alone(early));
  assert.deepEqual(await chosen(0.249), await alone(early));
  assert.deepEqual(await chosen(0.25), await alone(late));
  assert.deepEqual(await chosen(), await alone(late));
  assert.deepEqual(JSON.parse(JSON.stringify(scheduled({ stages: [] }))).options, { stages: [] });
}, ["cpu"]);

Deno.test("schedules that cannot work are refused", () => {
  const make = (descriptor: Descriptor) => () => registry.create(descriptor);
  const stage = (until: number) => ({ until, masking: tube() });
  assert.throws(make(scheduled()), /the last at 1, got none/);
  assert.throws(make(scheduled({ stages: [stage(0.5)] })), /the last at 1, got 0.5/);
  assert.throws(make(scheduled({ stages: [stage(0.5), stage(0.5), stage(1)] })), /ascending/);
});
