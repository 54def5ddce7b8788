import { floatBytes, floatValues, type WeightTensor } from "@videoms/core";
import { headLabels, mapHead, mapLogits, softmax } from "@videoms/models";
import assert from "node:assert/strict";

function near(found: ArrayLike<number>, wanted: readonly number[], tolerance = 1e-6): void {
  assert.equal(found.length, wanted.length);
  wanted.forEach((value, i) => assert.ok(Math.abs(found[i] - value) <= tolerance, `${found[i]}`));
}

/** Labels 0 and 3 are class 1, label 2 is class 0, label 1 counts for none. */
const MAP = { to: [1, -1, 0, 1], count: 2 };

Deno.test("probabilities of labels of a class are summed, given that one of the classes is there", () => {
  // 0.1 + 0.3 for class 1 and 0.2 for class 0, of 0.6: 2/3 and 1/3.
  const logits = Float32Array.from([0.1, 0.4, 0.2, 0.3], Math.log);
  near(softmax(mapLogits(MAP, logits)), [1 / 3, 2 / 3]);
  // Row by row, and far from zero too.
  const far = logits.map((logit) => logit - 500);
  const both = mapLogits(MAP, Float32Array.of(...logits, ...far));
  near(softmax(both.subarray(2)), [1 / 3, 2 / 3], 1e-4);
});

Deno.test("logits of single labels stay what they are, bit for bit", () => {
  const logits = Float32Array.of(0.1, -3.7, 12.25);
  assert.deepEqual(
    [...mapLogits({ to: [2, 0, 1], count: 3 }, logits)],
    [logits[1], logits[2], logits[0]],
  );
});

function tensor(shape: number[], ...values: number[]): WeightTensor {
  const bytes = floatBytes(Float32Array.from(values)) as Uint8Array<ArrayBuffer>;
  return { type: "F32", shape, read: () => Promise.resolve(bytes) };
}

Deno.test("rows of a head are those of the labels; of several their mean, and log of their number more", async () => {
  const tensors = new Map([
    ["fc_norm.weight", tensor([2], 1, 1)],
    ["head.weight", tensor([4, 2], 1, 2, 9, 9, 5, 6, 3, 6)],
    ["head.bias", tensor([4], 0.5, 9, 0.25, 1.5)],
  ]);
  const mapped = mapHead(tensors, MAP);
  const valuesOf = async (name: string) => {
    const { type, shape, read } = mapped.get(name)!;
    return { shape, values: [...floatValues({ type, shape, bytes: await read() })] };
  };
  assert.deepEqual(await valuesOf("head.weight"), { shape: [2, 2], values: [5, 6, 2, 4] });
  assert.deepEqual(await valuesOf("head.bias"), {
    shape: [2],
    values: [0.25, Math.fround(1 + Math.LN2)],
  });
  assert.equal(mapped.get("fc_norm.weight"), tensors.get("fc_norm.weight"));
  assert.throws(() => mapHead(tensors, { to: [0], count: 1 }), /the 1 labels that are mapped/);
  assert.throws(() => mapHead(new Map(), MAP), /weights with a head, got none/);
  assert.deepEqual(headLabels(tensors, null), ["0", "1", "2", "3"]);
  assert.throws(() => headLabels(tensors, ["a"]), /a row for each of 1 labels, got 4/);
});
