import assert from "node:assert/strict";
import {
  createRegistry,
  definePlugin,
  nearest,
  oppositeNames,
  pluginsOf,
  withEarlierOptions,
  withoutEarlierOptions,
} from "@videoms/core";
import { isPlugin } from "../../core/plugin/plugin.ts";

const slow = definePlugin({
  kind: "frames",
  name: "slow-motion",
  summary: "every frame many times",
  defaults: { factor: 2, mode: "repeat", flags: [] as string[], window: null },
  choices: { mode: ["repeat", "blend"] },
  create: ({ factor, mode }) => `${mode} ${factor}`,
});

Deno.test("calling a plugin gives a descriptor that survives JSON", () => {
  const descriptor = slow({ factor: 3 });
  assert.deepEqual(JSON.parse(JSON.stringify(descriptor)), {
    kind: "frames",
    name: "slow-motion",
    options: { factor: 3, mode: "repeat", flags: [], window: null },
  });
  assert.equal(createRegistry([slow]).create(descriptor), "repeat 3");
});

Deno.test("unknown options, wrong types and values outside the choices are refused", () => {
  const registry = createRegistry([slow]);
  const describe = (options: Record<string, unknown>) => () =>
    registry.describe({ kind: "frames", name: "slow-motion", options });
  assert.throws(describe({ facter: 3 }), /unknown option "facter"; did you mean "factor"\?/);
  assert.throws(describe({ factor: "3" }), /"factor" must be of type number, got "3"/);
  assert.throws(describe({ factor: NaN }), /"factor" must be finite, got NaN/);
  assert.throws(describe({ flags: {} }), /"flags" must be of type array/);
  assert.throws(describe({ mode: "smear" }), /"mode" must be one of repeat, blend, got "smear"/);
  assert.equal(describe({ window: 3 })().options.window, 3);
});

Deno.test("the nearest name is one that is spelt alike, or that the unknown one is part of", () => {
  const names = ["block-motion", "causal", "motion-centric", "tube"];
  assert.match(nearest("motion", names), /^did you mean "motion-centric"\? Known: block-motion/);
  assert.match(nearest("tub", names), /^did you mean "tube"/);
  assert.match(nearest("latent", names), /^known: block-motion, causal/);
  const many = [...Array(30).keys()].map((i) => `model.field${i}`).concat("optimizer.lr");
  assert.equal(nearest("optimizer.learningRate", many), "known: optimizer.lr");
});

Deno.test("a registry names the nearest plugin", () => {
  const registry = createRegistry([slow]);
  assert.throws(() => registry.get("frames", "slow-moton"), /did you mean "slow-motion"\?/);
  assert.throws(() => registry.get("masking", "tube"), /Cannot load masking "tube"/);
  assert.deepEqual(registry.list("frames"), [slow]);
});

Deno.test("plugins are found among a module's exports, twins are refused", () => {
  assert.deepEqual(pluginsOf({ slow, other: 3, create: () => 0 }), [slow]);
  assert.ok(!isPlugin({ kind: "frames" }));
  const twin = definePlugin({ ...slow, name: "slow-motion" });
  assert.throws(
    () => createRegistry([slow, twin]),
    /names must be unique, got two frames\/slow-motion/,
  );
  assert.throws(() => definePlugin({ ...slow, name: "Slow Motion" }), /lower case words/);
  assert.throws(
    () => definePlugin({ ...slow, name: "slow", paths: ["factors"] }),
    /its paths must be options, got "factors"; did you mean "factor"/,
  );
  assert.throws(
    () => definePlugin({ ...slow, name: "slow", earlier: { factors: 1 } as never }),
    /its earlier must be options, got "factors"; did you mean "factor"/,
  );
});

Deno.test("what was described before an option existed is what does the same", () => {
  const plugin = definePlugin({
    kind: "dataset",
    name: "grown",
    summary: "",
    defaults: { size: 1, share: 1, names: [] as string[] },
    earlier: { share: 1, names: [] },
    create: () => 0,
  });
  const registry = createRegistry([plugin]);
  const older = { kind: "dataset", name: "grown", options: { size: 2 } };
  const foreign = { kind: "dataset", name: "unknown", options: { share: 1 } };
  const before = { dataset: older, sets: [{ dataset: older, weight: 1 }, { dataset: foreign }] };
  const now = plugin({ size: 2 });
  const after = { dataset: now, sets: [{ dataset: now, weight: 1 }, { dataset: foreign }] };
  assert.deepEqual(withEarlierOptions(before, registry), after);
  assert.deepEqual(withEarlierOptions(after, registry), after);
  assert.deepEqual(withoutEarlierOptions(after, registry), before);
  const other = plugin({ share: 0.5, names: ["a"] });
  assert.deepEqual(withoutEarlierOptions({ other }, registry), { other });
  assert.deepEqual(withEarlierOptions({ other }, registry), { other });
});

Deno.test("names of opposite motions are found, however they are written, and no others", () => {
  const pairs = (by: "mirror" | "reversal", ...names: string[]) =>
    oppositeNames(names, by).map(([a, b]) => `${names[a]}/${names[b]}`);
  const turns = ["Turning Clockwise", "turning-counter-clockwise", "TurnLeft", "turn_right"];
  const ways = [
    "leftwards",
    "rightwards",
    "pushing from left to right",
    "pushing from right to left",
  ];
  const both = [
    "Turning Clockwise/turning-counter-clockwise",
    "TurnLeft/turn_right",
    "leftwards/rightwards",
    "pushing from left to right/pushing from right to left",
  ];
  assert.deepEqual(pairs("mirror", ...turns, ...ways), both);
  assert.deepEqual(pairs("mirror", "cw", "ccw", "up", "down", "bright", "delft"), ["cw/ccw"]);
  assert.deepEqual(
    pairs("reversal", "zoom-in", "Opening a door", "zoom-out", "closing a door", "up", "down"),
    [
      ...["zoom-in/zoom-out", "Opening a door/closing a door", "up/down"],
    ],
  );
  assert.deepEqual(pairs("mirror", "left", "left hand", "square"), []);
});
