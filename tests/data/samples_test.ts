import { randomStream } from "@videoms/core";
import {
  clipBatches,
  type ClipBatchesOptions,
  decodeClips,
  type LabelledVideo,
  noAugmentation,
  type PlanClip,
  standardAugmentation,
} from "@videoms/data";
import assert from "node:assert/strict";
import { collectBatches, videoCopies, withFolder } from "./test_videos.ts";

const SIZE = 16;
const BYTES = 3 * SIZE * SIZE * 3;

/** Plans augmented clips of three frames within the video's window. */
function augmentedPlan(order: "reference" | "fast"): PlanClip {
  const augmentation = standardAugmentation.create({
    ...standardAugmentation.defaults,
    order,
    erase: 0.5,
  });
  return ({ record, window = { start: 0, end: record.frames } }, random, sample) => {
    const start = window.start + random.child("frames").integer(window.end - window.start - 3);
    const plan = augmentation.plan(record, SIZE, random.child("augment", sample));
    return {
      frames: Int32Array.from([start, start + 1, start + 3]),
      ...plan.decode,
      finish: (clip) => augmentation.apply(clip, plan),
      erase: plan.erase,
    };
  };
}

/** Five videos with windows, and loader options over them: two samples of each clip. */
async function fiveVideos(folder: string, plan: PlanClip): Promise<ClipBatchesOptions> {
  const videos = (await videoCopies(folder, 5, 24))
    .map((video, i) => ({ ...video, window: { start: i, end: i + 12 } }));
  return { videos, batch: 2, samples: 2, size: SIZE, plan, seed: 5, endEpoch: 2 };
}

for (const order of ["reference", "fast"] as const) {
  Deno.test(`samples are planned, decoded and finished one by one, in ${order} order`, () =>
    withFolder(async (folder) => {
      const plan = augmentedPlan(order);
      const options = await fiveVideos(folder, plan);
      const all = await collectBatches(options);
      assert.equal(all.length, 4);
      for (const { pixels, shape, labels, indices, erase, epoch } of all) {
        assert.deepEqual(shape, [4, 3, SIZE, SIZE, 3]);
        assert.equal(indices[0], indices[1]);
        assert.equal(indices[2], indices[3]);
        assert.deepEqual(labels, indices.map((row) => row % 3));
        const plans = Array.from(indices, (row, i) => {
          const random = randomStream(5, "clip", epoch, row);
          const { record } = options.videos[row];
          return { record, size: SIZE, ...plan(options.videos[row], random, i % 2) };
        });
        const clips = await decodeClips(plans);
        clips.forEach((clip, i) => {
          assert.ok("pixels" in clip);
          assert.deepEqual(pixels.slice(i * BYTES, (i + 1) * BYTES), clip.pixels);
          assert.deepEqual(erase[i], plans[i].erase);
        });
      }
      const looks = all.flatMap(({ pixels }) =>
        [0, 1, 2, 3].map((i) => pixels.slice(i * BYTES, (i + 1) * BYTES).join())
      );
      assert.equal(new Set(looks).size, looks.length, "augmentation differs");
      assert.ok(all.some(({ erase }) => erase.some((box) => box !== null)));

      assert.deepEqual(await collectBatches({ ...options, processes: 1, prefetch: 0 }), all);
      assert.deepEqual(await collectBatches({ ...options, processes: 3, prefetch: 9 }), all);
      assert.deepEqual(await collectBatches({ ...options, epoch: 1, step: 1 }), all.slice(3));
      const single = await collectBatches({ ...options, samples: 1, endEpoch: 1 });
      single.forEach(({ pixels }, step) => {
        assert.deepEqual(pixels.slice(0, BYTES), all[step].pixels.slice(0, BYTES));
      });
    }));
}

Deno.test("samples of one clip share its frames", () =>
  withFolder(async (folder) => {
    const none = noAugmentation.create({});
    const plan: PlanClip = (video: LabelledVideo, random, sample) => {
      const { frames } = augmentedPlan("fast")(video, random, sample);
      return { frames, ...none.plan(video.record, SIZE, random).decode };
    };
    for (const { pixels, erase } of await collectBatches(await fiveVideos(folder, plan))) {
      assert.deepEqual(pixels.slice(0, BYTES), pixels.slice(BYTES, 2 * BYTES));
      assert.deepEqual(erase, [null, null, null, null]);
    }
  }));

Deno.test("a damaged clip is replaced with all its samples and counts once", () =>
  withFolder(async (folder) => {
    const options = { ...await fiveVideos(folder, augmentedPlan("fast")), endEpoch: 1 };
    const sound = await collectBatches(options);
    const row = sound[0].indices[2];
    const damaged = options.videos[row].record.path;
    await Deno.writeTextFile(damaged, "no longer a video");
    const all = await collectBatches({ ...options, maxReplaced: 0.5 });
    const [{ replaced, indices, pixels }] = all;
    assert.ok(replaced.length >= 1);
    assert.deepEqual([replaced[0].path, replaced[0].position], [damaged, 2]);
    assert.equal(indices[2], indices[3]);
    assert.notEqual(indices[2], row);
    assert.deepEqual(pixels.slice(0, 2 * BYTES), sound[0].pixels.slice(0, 2 * BYTES));
    assert.notDeepEqual(pixels.slice(2 * BYTES, 3 * BYTES), pixels.slice(3 * BYTES));
    const again = { ...options, maxReplaced: 0.5, processes: 1, prefetch: 0 };
    assert.deepEqual(await collectBatches(again), all);
  }));

Deno.test("plans that do not make square clips of the loader's size are refused", () =>
  withFolder(async (folder) => {
    const options = await fiveVideos(folder, augmentedPlan("fast"));
    const plan: PlanClip = (video, random, sample) => ({
      ...options.plan(video, random, sample),
      finish: (clip) => ({ ...clip, pixels: clip.pixels.slice(3 * SIZE), height: SIZE - 1 }),
    });
    await assert.rejects(
      collectBatches({ ...options, plan }),
      /Cannot prepare a clip of .*: it must become \[3, 16, 16, 3\], got \[3, 15, 16, 3\]/,
    );
    const unfinished: PlanClip = (video, random, sample) => ({
      ...options.plan(video, random, sample),
      finish: undefined,
      size: 20,
    });
    await assert.rejects(
      collectBatches({ ...options, plan: unfinished }),
      /"into" must have 3600 bytes/,
    );
    assert.throws(() => clipBatches({ ...options, samples: 0 }), /samples must be a whole number/);
  }));
