import assert from "node:assert/strict";
import { randomStream } from "@videoms/core";
import { confusionMatrix, meanClassAccuracy, topK } from "@videoms/models";

Deno.test("a label is among the k largest where sorting says so", () => {
  const random = randomStream(0);
  const [rows, classes] = [40, 7];
  // Few distinct values, so that many scores are equal.
  const scores = Float32Array.from({ length: rows * classes }, () => random.integer(5));
  const labels = Int32Array.from({ length: rows }, () => random.integer(classes));
  for (let k = 1; k <= classes; k++) {
    const sorted = Array.from(labels, (label, b) => {
      const row = [...scores.subarray(b * classes, (b + 1) * classes)];
      const order = row.map((_, c) => c).sort((x, y) => row[y] - row[x] || x - y);
      return order.slice(0, k).includes(label) ? 1 : 0;
    });
    assert.deepEqual([...topK(scores, labels, k)], sorted);
  }
  assert.deepEqual(topK(scores, labels), topK(scores, labels, 5));
  assert.deepEqual([...topK([0, 1, 1, 0], [0, 0])], [1, 1]); // k is at most the number of classes
});

Deno.test("a score that is no number is never right and ahead of the others", () => {
  assert.deepEqual([...topK([NaN, 1, 2], [0], 3)], [0]);
  assert.deepEqual([...topK([NaN, 1, 2], [2], 1)], [0]);
  assert.deepEqual([...topK([NaN, 1, 2], [2], 2)], [1]);
  assert.throws(() => confusionMatrix([0, NaN], [0]), /scores must be numbers, got NaN in row 0/);
});

Deno.test("confusions count labels by prediction, and classes weigh the same", () => {
  const scores = [2, 1, 0, 0, 1, 0, 1, 1, 0, 0, 3, 1];
  const labels = [0, 0, 0, 1];
  const confusion = confusionMatrix(scores, labels);
  assert.deepEqual([...confusion], [2, 1, 0, 0, 1, 0, 0, 0, 0]);
  assert.equal(meanClassAccuracy(confusion), (2 / 3 + 1) / 2);
  const right = topK(scores, labels, 1).reduce((sum, one) => sum + one, 0);
  assert.equal(confusion[0] + confusion[4] + confusion[8], right);
  assert.ok(Number.isNaN(meanClassAccuracy(new Uint32Array(4))));
});

Deno.test("samples without a prediction count as wrong in their class", () => {
  const confusion = Uint32Array.of(3, 1, 0, 2);
  assert.equal(meanClassAccuracy(confusion, [0, 0]), meanClassAccuracy(confusion));
  assert.equal(meanClassAccuracy(confusion, [1, 2]), (3 / 5 + 2 / 4) / 2);
  assert.equal(meanClassAccuracy(new Uint32Array(4), [0, 3]), 0);
  assert.throws(() => meanClassAccuracy(confusion, [1]), /each of 2 classes, got 1/);
});

Deno.test("scores that do not fit the labels are refused", () => {
  assert.throws(() => topK([1, 2, 3], [0, 1]), /whole rows, one per label, got 3 .* and 2/);
  assert.throws(() => topK([1, 2], [2]), /a label must be a whole number from 0 below 2, got 2/);
  assert.throws(() => topK([1, 2], [0], 3), /k must be a whole number from 1 to 2, got 3/);
  assert.throws(() => meanClassAccuracy(new Uint32Array(3)), /must be square, got 3 counts/);
});
