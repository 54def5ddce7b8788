import assert from "node:assert/strict";
import { createRegistry, type Descriptor, pluginsOf } from "@videoms/core";
import * as masking from "@videoms/masking";
import { type MaskingStrategy, multiBlock, several, tube } from "@videoms/masking";
import { testOnBackends } from "../backends.ts";
import { chooseTokens, PAPER_GRID } from "./clips.ts";

const registry = createRegistry(pluginsOf(masking));

testOnBackends("one mask of several is the first strategy's, the others come with it", async () => {
  const masks = [tube({ maskRatio: 0.5 }), multiBlock()];
  const strategy = registry.create<MaskingStrategy>(several({ masks }));
  const parts = [strategy, ...strategy.more!];
  for (const [i, mask] of masks.entries()) {
    const alone = registry.create<MaskingStrategy>(mask);
    assert.deepEqual(
      await chooseTokens(parts[i], [4], PAPER_GRID),
      await chooseTokens(alone, [4], PAPER_GRID),
    );
  }
}, ["cpu"]);

Deno.test("parts that cannot be are refused", () => {
  const make = (...masks: unknown[]) => () =>
    registry.create(several({ masks: masks as Descriptor<"masking">[] }));
  assert.throws(make(), /masks must name at least one strategy, got none/);
  assert.throws(make(several({ masks: [tube()] })), /one mask each, got "several"/);
  assert.throws(make({ name: "tub" }), /did you mean "tube"/);
  assert.throws(make({ kind: "frames", name: "dense" }), /its parts must be of kind "masking"/);
  assert.throws(make(5), /have a name, got 5/);
  assert.throws(() => several.create({ masks: [tube()] }), /must be created by a registry/);
});
