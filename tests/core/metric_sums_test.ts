import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { MetricSums } from "@videoms/core";
import { testOnBackends } from "../backends.ts";

testOnBackends("metrics: means of numbers, scalars and both", async () => {
  const metrics = new MetricSums();
  for (const value of [1, 2, 6]) {
    metrics.add("numbers", value);
    metrics.add("scalars", tf.scalar(2 * value));
  }
  metrics.add("both", 1);
  metrics.add("both", tf.scalar(4));
  assert.deepEqual(await metrics.take(), { numbers: 3, scalars: 6, both: 2.5 });
});

testOnBackends("metrics: each taking starts anew", async () => {
  const metrics = new MetricSums();
  metrics.add("loss", tf.scalar(1));
  assert.deepEqual(await metrics.take(), { loss: 1 });
  assert.deepEqual(await metrics.take(), {});
  metrics.add("loss", tf.scalar(5));
  metrics.add("accuracy", 0.5);
  assert.deepEqual(await metrics.take(), { loss: 5, accuracy: 0.5 });
});

testOnBackends("metrics: what is added while sums are read is not lost", async () => {
  const metrics = new MetricSums();
  metrics.add("loss", tf.scalar(1));
  const taken = metrics.take();
  metrics.add("loss", tf.scalar(3));
  assert.deepEqual(await taken, { loss: 1 });
  assert.deepEqual(await metrics.take(), { loss: 3 });
});

testOnBackends("metrics: sums outlive the tidy that they are added in", async () => {
  const metrics = new MetricSums();
  for (const value of [2, 4]) {
    tf.tidy(() => metrics.add("loss", tf.mul(tf.scalar(value), 0.5) as tf.Scalar));
  }
  assert.deepEqual(await metrics.take(), { loss: 1.5 });
});

testOnBackends("metrics: one read-back for all, and none before", async () => {
  const backend = tf.backend() as unknown as { read(id: tf.DataId): Promise<unknown> };
  const read = backend.read;
  let reads = 0;
  backend.read = (id) => {
    reads++;
    return read.call(backend, id);
  };
  try {
    const metrics = new MetricSums();
    for (const name of ["a", "b", "c"]) metrics.add(name, tf.scalar(1));
    assert.equal(reads, 0);
    await metrics.take();
    assert.equal(reads, 1);
  } finally {
    backend.read = read;
  }
});

testOnBackends("metrics: what was not taken can be freed", () => {
  const metrics = new MetricSums();
  metrics.add("loss", tf.scalar(1));
  metrics.add("loss", tf.scalar(2));
  metrics.dispose();
}, ["cpu"]);
