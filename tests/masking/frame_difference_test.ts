import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { gridOf } from "@videoms/core";
import { frameDifference, motionCentric } from "@videoms/masking";
import { testOnBackends } from "../backends.ts";
import { embeddingsOf, rowsOf, streams } from "./clips.ts";

testOnBackends("frame differences rank patches as motion ranks embeddings", async () => {
  const grid = gridOf(4, 4, 4);
  const tokens = embeddingsOf([3], grid, 5);
  const input = { grid, batch: 1, random: streams([3]) };
  const options = { maskRatio: 0.8, distance: "l1" } as const;
  const byPixels = await frameDifference.create({ ...frameDifference.defaults, ...options })
    .select({ ...input, patches: tokens });
  const byEmbeddings = await motionCentric.create({ ...motionCentric.defaults, ...options })
    .select({ ...input, random: streams([3]), embeddings: tokens });
  for (const part of ["visible", "target"] as const) {
    assert.deepEqual(await rowsOf(byPixels[part]), await rowsOf(byEmbeddings[part]));
  }
  await assert.rejects(
    () => frameDifference.create({ ...frameDifference.defaults, ...options }).select(input),
    /patches must be given, got none/,
  );
  tf.dispose([tokens, byPixels.importance!, byEmbeddings.importance!]);
});
