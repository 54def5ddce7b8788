import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { createRegistry, gridOf, pluginsOf, randomStream } from "@videoms/core";
import * as masking from "@videoms/masking";
import { type FrameRequest, type FrameSelector, gatherTubelets } from "@videoms/masking";
import { drawTubelets, largestTubelets } from "../../masking/frames/draw_tubelets.ts";
import { testOnBackends } from "../backends.ts";
import { embeddingsOf, streams } from "./clips.ts";

const registry = createRegistry(pluginsOf(masking));

function selectorOf(name: string, options = {}): FrameSelector {
  return registry.create<FrameSelector>({ kind: "frames", name, options });
}

function request(videoFrames: number, more: Partial<FrameRequest> = {}): FrameRequest {
  return {
    videoFrames,
    frames: 16,
    tubeletSize: 2,
    samplingRate: 4,
    phase: "train",
    random: randomStream(1, "frames"),
    ...more,
  };
}

/** The indices, the last one repeated up to 16. */
function padded(...indices: number[]): number[] {
  return Array.from({ length: 16 }, (_, i) => indices[Math.min(i, indices.length - 1)]);
}

Deno.test("dense gives the published pre-training indices", () => {
  const dense = (videoFrames: number) => [...selectorOf("dense").frames(request(videoFrames))];
  const upTo = (last: number) => padded(...Array.from({ length: last / 4 + 1 }, (_, i) => 4 * i));
  assert.deepEqual(dense(16), upTo(12));
  assert.deepEqual(dense(40), upTo(36));
  assert.deepEqual(dense(41), upTo(36));
  assert.deepEqual(dense(42), upTo(40));
  assert.deepEqual(dense(63), upTo(60));
});

Deno.test("dense starts anywhere that fits in training and at the centre in tests", () => {
  const random = randomStream(2);
  const starts = new Set<number>();
  for (let i = 0; i < 1000; i++) {
    const frames = selectorOf("dense").frames(request(100, { random }));
    frames.forEach((frame, j) => assert.equal(frame, frames[0] + 4 * j));
    starts.add(frames[0]);
  }
  assert.deepEqual([Math.min(...starts), Math.max(...starts), starts.size], [0, 36, 37]);
  assert.equal(selectorOf("dense").frames(request(100, { phase: "test" }))[0], 18);
});

Deno.test("spread gives the published fine-tuning indices without exact stride", () => {
  const spread = selectorOf("spread", { exactStride: false });
  const frames = (videoFrames: number) => [...spread.frames(request(videoFrames))];
  assert.deepEqual(frames(3), padded(2));
  assert.deepEqual(frames(4), padded(0, 3));
  assert.deepEqual(frames(20), padded(0, 5, 10, 15, 19));
  assert.deepEqual(frames(40), padded(0, 4, 8, 13, 17, 22, 26, 31, 35, 39));
  assert.deepEqual(
    frames(63),
    padded(0, 4, 9, 13, 18, 22, 27, 31, 36, 40, 45, 49, 54, 58, 62, 62),
  );
  const long = [0, 4, 8, 12, 17, 21, 25, 29, 34, 38, 42, 46, 51, 55, 59, 63];
  assert.deepEqual(frames(65), long);
  const random = randomStream(3);
  const starts = new Set<number>();
  for (let i = 0; i < 200; i++) starts.add(spread.frames(request(70, { random }))[0]);
  assert.deepEqual([...starts].sort(), [0, 1, 2, 3, 4, 5]);
});

Deno.test("spread with exact stride repeats the last frame of a short video", () => {
  const frames = (videoFrames: number) => [...selectorOf("spread").frames(request(videoFrames))];
  assert.deepEqual(frames(1), padded(0));
  assert.deepEqual(frames(10), padded(0, 4, 8, 9));
  assert.deepEqual(frames(64), Array.from({ length: 16 }, (_, i) => 4 * i));
});

Deno.test("segments takes one frame of each segment", () => {
  const random = randomStream(4);
  const seen = new Set<number>();
  for (let i = 0; i < 200; i++) {
    selectorOf("segments").frames(request(50, { random })).forEach((frame, j) => {
      assert.equal(Math.floor(((frame + 1) * 16 - 1) / 50), j);
      seen.add(frame);
    });
  }
  assert.equal(seen.size, 50);
});

Deno.test("clips of segments in an evaluation deal out the frames that VideoMAE merges on Something-Something V2", () => {
  const clips = (videoFrames: number, count: number) =>
    Array.from({ length: count }, (_, index) => [
      ...selectorOf("segments").frames(
        request(videoFrames, { phase: "test", view: { index, count } }),
      ),
    ]);
  assert.deepEqual(clips(40, 2), [
    [0, 2, 5, 7, 10, 12, 15, 17, 20, 22, 25, 27, 30, 32, 35, 37],
    [1, 3, 6, 8, 11, 13, 16, 18, 21, 23, 26, 28, 31, 33, 36, 38],
  ]);
  assert.deepEqual(clips(7, 2), [
    [0, 0, 0, 1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 6],
    [0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 5, 6, 6],
  ]);
  for (const videoFrames of [1, 5, 16, 31, 63, 117, 300]) {
    const tick = videoFrames / 16;
    const merged = [tick / 2, 0].flatMap((from) =>
      Array.from({ length: 16 }, (_, i) => Math.trunc(from + tick * i))
    ).sort((a, b) => a - b);
    const expected = [0, 1].map((k) => merged.filter((_, i) => i % 2 === k));
    assert.deepEqual(clips(videoFrames, 2), expected, `${videoFrames}`);
  }
  const three = clips(96, 3).map(([first, second]) => [first, second]);
  assert.deepEqual(three, [[0, 6], [2, 8], [4, 10]]);
  const alone = selectorOf("segments").frames(request(40, { phase: "test" }));
  assert.deepEqual(clips(40, 1), [[...alone]], "a single clip has the middle of each segment");
  const beyond = request(9, { phase: "test", view: { index: 2, count: 2 } });
  assert.throws(() => selectorOf("segments").frames(beyond), /from 0 below 2, got 2/);
});

Deno.test("every selector works for every length and rate, ascending and in range", () => {
  for (const { name } of registry.list("frames")) {
    const selector = selectorOf(name);
    for (const phase of ["train", "test"] as const) {
      for (const videoFrames of [1, 2, 3, 15, 16, 17, 63, 64, 65, 300]) {
        for (const samplingRate of [1, 2, 4]) {
          for (const [frames, tubeletSize] of [[16, 2], [8, 1], [6, 3], [4, 2]]) {
            const asked = { phase, samplingRate, frames, tubeletSize };
            const chosen = selector.frames(request(videoFrames, asked));
            assert.equal(chosen.length, selector.candidateFrames({ frames, tubeletSize }));
            assert.ok(chosen.length >= frames && chosen.length % tubeletSize === 0);
            chosen.forEach((frame, i) => {
              assert.ok(frame >= 0 && frame < videoFrames, `${name}: ${chosen}`);
              assert.ok(i === 0 || frame >= chosen[i - 1], `${name}: ${chosen}`);
            });
          }
        }
      }
    }
  }
});

Deno.test("test frames need no draws", () => {
  for (const { name } of registry.list("frames")) {
    const chosen = [1, 2].map((seed) => {
      const random = randomStream(seed);
      return selectorOf(name).frames(request(300, { phase: "test", random }));
    });
    assert.deepEqual(chosen[0], chosen[1]);
  }
});

Deno.test("candidates fill the clip's window or a longer one", () => {
  const candidates = (window: string, videoFrames: number) =>
    selectorOf("information-intensive", { window }).frames(
      request(videoFrames, { phase: "test" }),
    );
  const same = candidates("same", 64);
  assert.deepEqual([same[0], same[1], same[2], same[3], same[23]], [0, 2, 5, 8, 61]);
  assert.deepEqual([...candidates("longer", 96)], Array.from({ length: 24 }, (_, i) => 4 * i));
  const plain = selectorOf("information-intensive", { alpha: 1 });
  assert.deepEqual(plain.frames(request(100)), selectorOf("dense").frames(request(100)));
  const tenths = selectorOf("information-intensive", { alpha: 1.1 });
  assert.equal(tenths.candidateFrames({ frames: 20, tubeletSize: 2 }), 22);
});

Deno.test("tubelets are drawn in proportion to their counts", () => {
  const counts = [6, 0, 3, 1];
  const random = randomStream(5);
  const single = [0, 0, 0, 0];
  let both = 0; // of tubelets 0 and 2
  for (let i = 0; i < 4000; i++) {
    single[drawTubelets(counts, 1, random)[0]]++;
    if (drawTubelets(counts, 2, random).join() === "0,2") both++;
  }
  [0.6, 0, 0.3, 0.1].forEach((share, i) => assert.ok(Math.abs(single[i] / 4000 - share) < 0.03));
  assert.ok(Math.abs(both / 4000 - (0.6 * 0.3 / 0.4 + 0.3 * 0.6 / 0.7)) < 0.03);
});

Deno.test("empty tubelets are drawn uniformly, and only to fill up", () => {
  const random = randomStream(6);
  const filled = [0, 0, 0, 0];
  for (let i = 0; i < 2000; i++) {
    const chosen = drawTubelets([0, 4, 0, 0], 2, random);
    assert.ok(chosen.includes(1) && chosen[0] < chosen[1]);
    for (const it of chosen) filled[it]++;
  }
  for (const it of [0, 2, 3]) assert.ok(Math.abs(filled[it] / 2000 - 1 / 3) < 0.05);
  assert.deepEqual([...largestTubelets([1, 3, 1, 3, 2], 4)], [0, 1, 3, 4]);
});

testOnBackends("narrowing keeps the tubelets that move", async () => {
  const grid = gridOf(6, 2, 2);
  // The embedding jumps from tubelet 2 to 3 and from 4 to 5, and nowhere else.
  const values = Array.from({ length: grid.tokens }, (_, n) => [0, 0, 0, 5, 5, 9][n >> 2]);
  const still = tf.tensor3d(values, [1, grid.tokens, 1]);
  const { narrow } = selectorOf("information-intensive", { motionRatio: 0.65 }); // K = 8
  for (const phase of ["train", "test"] as const) {
    const [kept] = await narrow!({
      embeddings: still,
      grid,
      tubelets: 2,
      phase,
      random: streams([1]),
    });
    assert.deepEqual([...kept], [3, 5]);
  }
  const fewer = { embeddings: still, grid, tubelets: 7, phase: "test", random: [] } as const;
  await assert.rejects(() => narrow!(fewer), /at least 7 candidate tubelets, got 6/);
  still.dispose();
  const embeddings = embeddingsOf([1, 2, 3], grid, 2);
  const permuted = embeddingsOf([2, 3, 1], grid, 2);
  const input = { grid, tubelets: 4, phase: "train" } as const;
  const [one, two, three] = await narrow!({ ...input, embeddings, random: streams([1, 2, 3]) });
  assert.deepEqual(
    await narrow!({ ...input, embeddings: permuted, random: streams([2, 3, 1]) }),
    [two, three, one],
  );
  tf.dispose([embeddings, permuted]);
});

Deno.test("gathered tubelets hold the pixels of their frames", () => {
  const [batch, frames, frameBytes] = [2, 6, 12];
  const pixels = Uint8Array.from({ length: batch * frames * frameBytes }, (_, i) => i);
  const chosen = [Int32Array.of(0, 2), Int32Array.of(1, 2)];
  const gathered = gatherTubelets(pixels, chosen, { frames, tubeletSize: 2 });
  const expected = [0, 1, 4, 5, 8, 9, 10, 11].flatMap((
    frame,
  ) => [...pixels.subarray(frame * frameBytes, (frame + 1) * frameBytes)]);
  assert.deepEqual([...gathered], expected);
  const gather = (it: number, tubeletSize: number) =>
    gatherTubelets(pixels, [chosen[0], Int32Array.of(0, it)], { frames, tubeletSize });
  assert.throws(() => gather(3, 2), /2 of 3 tubelets, got 0, 3 for clip 1/);
  assert.throws(() => gather(1, 4), /tubelets of 4/);
});

Deno.test("frame options and requests that cannot work are refused", () => {
  const intensive = (options = {}) => selectorOf("information-intensive", options);
  assert.throws(() => intensive({ alpha: 0.9 }), /alpha must be at least 1, got 0.9/);
  assert.throws(() => intensive({ motionRatio: 0 }), /motionRatio .*got 0/);
  assert.throws(
    () => intensive({ alpha: 1 }).candidateFrames({ frames: 2, tubeletSize: 2 }),
    /alpha .*gives 1 for 2 frames/,
  );
  assert.throws(() => selectorOf("dense").frames(request(0)), /videoFrames .*got 0/);
  assert.throws(
    () => selectorOf("uniform").frames(request(5, { frames: 1.5 })),
    /frames .*got 1.5/,
  );
});
