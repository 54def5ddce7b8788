import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { definePlugin, type Plugin, type RandomStream } from "@videoms/core";
import { type ConformanceCheck, ConformanceError } from "@videoms/core/testing";
import { type MaskingInput, type MaskingStrategy, random, type Selection } from "@videoms/masking";
import { maskingChecks } from "@videoms/masking/testing";

const LASTING = { sanitizeOps: false, sanitizeResources: false };

/** A strategy that is sound but for one thing. */
function broken(
  change: (sound: MaskingStrategy) => Partial<MaskingStrategy>,
): Plugin<"masking", { maskRatio: number }, MaskingStrategy> {
  return definePlugin({
    kind: "masking",
    name: "broken",
    summary: "a strategy with a defect",
    defaults: { maskRatio: 0.5 },
    help: { maskRatio: "share of hidden tokens" },
    create(options: { maskRatio: number }): MaskingStrategy {
      const sound = random.create(options);
      return { ...sound, name: "broken", ...change(sound) };
    },
  });
}

/** A strategy whose choice is changed, or whose streams are. */
const choosing = (
  change: (selection: Selection, input: MaskingInput) => Selection,
  streams: (random: readonly RandomStream[]) => readonly RandomStream[] = (random) => random,
) =>
  broken((sound) => ({
    async select(input) {
      return change(await sound.select({ ...input, random: streams(input.random) }), input);
    },
  }));

/** The names of the checks that fail, shortened, with what they say. */
async function failures(checks: readonly ConformanceCheck[]): Promise<string[]> {
  const found: string[] = [];
  for (const { name, run } of checks) {
    try {
      await run();
    } catch (error) {
      assert.ok(error instanceof ConformanceError, `${name}: ${error}`);
      found.push(error.message);
    }
  }
  return found;
}

/** The tensors of a selection, with one of them replaced. */
function replacing(part: "visible" | "target", change: (index: tf.Tensor2D) => tf.Tensor2D) {
  return (selection: Selection): Selection => {
    const changed = tf.tidy(() => change(selection[part]));
    selection[part].dispose();
    return { ...selection, [part]: changed };
  };
}

let calls = 0;

const DEFECTS: [string, Plugin<"masking", { maskRatio: number }, MaskingStrategy>, RegExp][] = [
  [
    "tokens that do not ascend",
    choosing(replacing("visible", (index) => tf.reverse(index, 1))),
    /visible tokens must ascend/,
  ],
  [
    "tokens of another type",
    choosing(replacing("target", (index) => tf.cast(index, "float32"))),
    /target tokens must be int32, got float32/,
  ],
  [
    "fewer tokens than counted",
    choosing(replacing("target", (index) => tf.slice(index, [0, 1]))),
    /target tokens must be \d+, got \d+/,
  ],
  [
    "tokens beyond the clip",
    choosing(replacing("visible", (index) => tf.add(index, tf.scalar(1000, "int32")))),
    /tokens must be below \d+, got 1\d+/,
  ],
  [
    "tokens that are visible and targets",
    choosing(({ visible, target, ...rest }) => {
      target.dispose();
      return { ...rest, visible, target: tf.clone(visible) };
    }),
    /no token must be visible and a target/,
  ],
  [
    "chance of its own",
    choosing((selection) => selection, (random) => random.map((one) => one.child(calls++))),
    /must give what cpu gives|same stream must give the same tokens/,
  ],
  [
    "tokens that depend on the place in the batch",
    choosing((selection) => selection, (random) => random.map((one, b) => one.child(b))),
    /must not depend on the other clips/,
  ],
  [
    "a tensor that is left",
    choosing((selection) => {
      tf.ones([1]);
      return selection;
    }),
    /no tensor must be left behind/,
  ],
  [
    "counts of nothing",
    broken(() => ({ counts: () => ({ visible: 0, target: 5 }) })),
    /visible must be at least 1, got 0/,
  ],
  ["another name", broken(() => ({ name: "other" })), /must be called "broken", got other/],
  [
    "a refusal that says nothing",
    broken((sound) => ({
      select: (input) =>
        input.random.length === input.batch ? sound.select(input) : Promise.reject(new Error("no")),
    })),
    /rejected by a RangeError or TypeError of one line.*got Error: no/,
  ],
  [
    "an option without help",
    Object.assign(broken(() => ({})), { help: {} }),
    /every option must have a line of help, got \["maskRatio"\]/,
  ],
];

Deno.test({
  name: "a sound strategy passes the conformance suite",
  ...LASTING,
  fn: async () => {
    const sound = broken(() => ({}));
    assert.deepEqual(await failures(maskingChecks(sound, { impossible: [{ maskRatio: 2 }] })), []);
  },
});

for (const [defect, plugin, message] of DEFECTS) {
  Deno.test({
    name: `the conformance suite finds ${defect}`,
    ...LASTING,
    fn: async () => {
      const found = await failures(maskingChecks(plugin));
      assert.ok(found.some((one) => message.test(one)), found.join("\n") || "nothing was found");
    },
  });
}

Deno.test("the conformance suite finds options that should have been refused", async () => {
  const found = await failures(maskingChecks(random, { impossible: [{ maskRatio: 0.5 }] }));
  assert.deepEqual(found, ['{"maskRatio":0.5} must be rejected']);
});
