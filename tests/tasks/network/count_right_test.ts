import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { randomStream } from "@videoms/core";
import { topK } from "@videoms/models";
import { countRight } from "../../../core/metrics/count_right.ts";
import { testOnBackends } from "../../backends.ts";

testOnBackends("right clips are counted on the device as topK counts them", async () => {
  const random = randomStream(0, "scores");
  for (const [batch, classes] of [[1, 1], [7, 3], [64, 10], [5, 400]]) {
    // Few different scores, so that ties are common.
    const scores = Float32Array.from(
      { length: batch * classes },
      () => Math.floor(4 * random.uniform()),
    );
    const labels = Int32Array.from(
      { length: batch },
      () => Math.floor(classes * random.uniform()),
    );
    const tensor = tf.tensor2d(scores, [batch, classes]);
    const right = countRight(tensor, labels);
    const expected = topK(scores, labels, 1).reduce((a, b) => a + b, 0);
    assert.equal((await right.data())[0], expected);
    tf.dispose([tensor, right]);
  }
});
