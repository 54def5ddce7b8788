import { createRegistry } from "@videoms/core";
import {
  annotations,
  type ClipSet,
  type Dataset,
  type LabelledVideo,
  mix,
  prepareVideos,
  requireOneClassList,
  shapes,
} from "@videoms/data";
import { dense, uniform } from "@videoms/masking";
import assert from "node:assert/strict";
import { joinedClasses } from "../../data/dataset/joined_classes.ts";
import { dataDifference } from "../../data/identity/data_difference.ts";
import { readData, writeData } from "../../data/identity/data_file.ts";
import { type DataIdentity, dataRecord } from "../../data/identity/data_identity.ts";
import { mixedOrder } from "../../data/loader/mixed_order.ts";
import { collectBatches, videoCopies, withFolder } from "./test_videos.ts";

const registry = createRegistry([annotations, dense, mix, shapes, uniform]);

/** Sets of so many videos each, all lists one after another. */
function videosOf(sizes: readonly number[], weights: readonly number[]) {
  const total = weights.reduce((a, b) => a + b, 0);
  return sizes.flatMap((size, i) => {
    const set: ClipSet = { name: `s${i}`, share: weights[i] / total };
    return Array.from({ length: size }, () => ({ set }));
  }) as unknown as Parameters<typeof mixedOrder>[0];
}

Deno.test("mix: shares hold in any number of clips to within about one, for any weights", () => {
  for (
    const weights of [[3, 1], [1, 1], [0.7, 0.2, 0.1], [100, 1], [5, 3, 2, 1, 1], [1, Math.PI]]
  ) {
    const videos = videosOf(weights.map((_, i) => 4 + i), weights);
    const total = weights.reduce((a, b) => a + b, 0);
    const rowsOf = mixedOrder(videos, 1, 3);
    const drawn = weights.map(() => 0);
    const names = [...new Set(videos.map(({ set }) => set!.name))];
    for (let step = 0; step < 1600; step++) {
      const { rows: [row] } = rowsOf(step);
      drawn[names.indexOf(videos[row].set!.name)]++;
      drawn.forEach((count, i) => {
        const off = count - (step + 1) * weights[i] / total;
        assert.ok(Math.abs(off) < 1.5, `${weights}: set ${i} is ${off} clips off at step ${step}`);
      });
    }
  }
});

Deno.test("mix: each set is gone through before a video comes again, and a step depends on nothing before it", () => {
  const videos = videosOf([10, 3], [3, 1]);
  const rowsOf = mixedOrder(videos, 4, 7);
  const steps = Array.from({ length: 60 }, (_, step) => rowsOf(step));
  const clips = steps.flatMap(({ rows, rounds }) =>
    [...rows].map((row, i) => ({ row, round: rounds[i] }))
  );
  for (const [first, size] of [[0, 10], [10, 3]]) {
    const own = clips.filter(({ row }) => row >= first && row < first + size);
    for (const [round, drawn] of Map.groupBy(own, ({ round }) => round)) {
      assert.equal(new Set(drawn.map(({ row }) => row)).size, drawn.length, `round ${round}`);
    }
    const rounds = Math.floor(own.length / size);
    for (let round = 0; round < rounds; round++) {
      assert.equal(own.filter((one) => one.round === round).length, size);
    }
  }
  // Within a step sets come in any order, so that no rank and no pair of mixup always has the same set.
  const placesOfSecond = steps.map(({ rows }) => rows.findIndex((row) => row >= 10));
  assert.deepEqual([...new Set(placesOfSecond)].sort(), [0, 1, 2, 3]);
  assert.deepEqual(steps[0].shares, [0.75, 0.25]);
  for (const step of [59, 17, 18, 0]) {
    assert.deepEqual(mixedOrder(videos, 4, 7)(step), steps[step]);
    assert.deepEqual(rowsOf(step), steps[step], "whatever was asked for before");
  }
  assert.notDeepEqual(mixedOrder(videos, 4, 8)(0), steps[0]);
});

Deno.test("mix: batches have their sets, ranks theirs, and a damaged clip is replaced by one of its set", () =>
  withFolder(async (folder) => {
    const copies = await videoCopies(folder, 9, 8);
    const sets: ClipSet[] = [{ name: "a", share: 0.75 }, { name: "b", share: 0.25 }];
    const videos = copies.map((video, i) => ({ ...video, set: sets[i < 5 ? 0 : 1] }));
    const options = {
      ...{ videos, batch: 4, size: 16, seed: 1, endEpoch: 3, maxReplaced: 1 },
      plan: ({ record }: LabelledVideo) => ({
        frames: Int32Array.from([0, 2]),
        crop: { x: 0, y: 0, width: record.height, height: record.height },
      }),
    };
    const all = await collectBatches(options);
    assert.equal(all.length, 6);
    for (const { indices, sets } of all) {
      assert.deepEqual(sets?.names, ["a", "b"]);
      assert.deepEqual([...sets!.of], [...indices].map((row) => Number(row >= 5)));
      assert.deepEqual(sets!.shares, [0.75, 0.25]);
    }
    assert.deepEqual(await collectBatches({ ...options, epoch: 1, step: 1 }), all.slice(3));
    const second = await collectBatches({ ...options, places: [1, 3] });
    second.forEach(({ indices, sets }, i) => {
      assert.deepEqual([...indices], [all[i].indices[1], all[i].indices[3]]);
      assert.deepEqual(sets!.shares, [0.75, 0.25], "those of all ranks");
    });
    const inOrder = await collectBatches({ ...options, order: "list", endEpoch: 1 });
    assert.deepEqual(inOrder.flatMap(({ indices }) => [...indices]), [...videos.keys()]);

    for (const row of [5, 6]) {
      await Deno.writeTextFile(videos[row].record.path, "no longer a video");
    }
    const replaced = await collectBatches(options);
    assert.ok(replaced.some((batch) => batch.replaced.length > 0));
    for (const { indices, sets } of replaced) {
      assert.equal([...indices].filter((row) => row >= 5).length, 1);
      assert.deepEqual([...sets!.of], [...indices].map((row) => Number(row >= 5)));
    }
  }));

Deno.test("mix: videos know their set, held-out ones come in turns, and classes are one list if their names are", () =>
  withFolder(async (folder) => {
    const common = { size: 16, frames: 8, dir: folder };
    const dataset = mix({
      sets: [
        { dataset: shapes({ videos: 10, heldOut: 4, ...common }), weight: 3, samplingRate: 2 },
        {
          dataset: shapes({ videos: 4, heldOut: 2, seed: 1, ...common }),
          fps: 8,
          frames: uniform(),
        },
      ],
    });
    const summary = await registry.create<Dataset>(dataset).summarize();
    assert.match(
      summary.text,
      /^shapes-1 \(75 %, sampling rate 2\): 10 videos .*; shapes-2 \(25 %, 8 fps, frames uniform\): 4 videos/,
    );
    assert.deepEqual([summary.train, summary.classes, summary.separateClasses], [
      14,
      10,
      undefined,
    ]);
    const videos = await prepareVideos({ data: { dataset, workers: 1, maxReplaced: 0 } }, registry);
    assert.equal(videos.classes.length, 10);
    assert.deepEqual(videos.sets?.map(({ name, share }) => [name, share]), [
      ["shapes-1", 0.75],
      ["shapes-2", 0.25],
    ]);
    const names = (list: typeof videos.train) => list.map(({ set }) => set?.name.at(-1)).join("");
    assert.equal(names(videos.train), "11111111112222");
    assert.equal(names(videos.heldOut), "121211");
    assert.equal(videos.train[0].set, videos.heldOut[0].set, "one object for all videos of a set");
    assert.deepEqual(videos.data.train?.map(({ set }) => set).at(-1), 1);
  }));

Deno.test("mix: labels and numbers are predicted of sets that have the same ones, and left out of others", () =>
  withFolder(async (folder) => {
    const common = { videos: 2, heldOut: 0, size: 16, frames: 8, dir: folder };
    const prepare = async (...targets: ("class" | "speed" | "attributes")[]) => {
      const sets = targets.map((one, seed) => (
        { dataset: shapes({ ...common, targets: one, seed }) }
      ));
      const data = { dataset: mix({ sets }), workers: 1, maxReplaced: 0 };
      return await prepareVideos({ data }, registry);
    };
    const speeds = await prepare("speed", "speed");
    assert.deepEqual([speeds.targets?.kind, speeds.classes], ["numbers", ["speed"]]);
    assert.ok(speeds.train.every(({ targets }) => targets?.length === 1));
    assert.equal(speeds.separateClasses, undefined);
    const apart = await prepare("class", "speed");
    assert.equal(apart.targets, null);
    assert.ok(apart.train.every(({ targets }) => targets === undefined));
    assert.throws(() => requireOneClassList(apart), /all must have the same classes, got 10 of/);
  }));

Deno.test("mix: sets with other classes keep them apart; the same names in another order are the same classes", () => {
  const up = { name: "a", count: 2, names: ["up", "down"] };
  const turned = joinedClasses([up, { name: "b", count: 2, names: ["down", "up"] }]);
  assert.deepEqual([turned.names, turned.labelOf(1, 0), turned.separateClasses], [
    up.names,
    1,
    undefined,
  ]);
  const apart = joinedClasses([up, { name: "b", count: 3, names: ["left", "right", "up"] }]);
  assert.deepEqual(apart.names, ["a: up", "a: down", "b: left", "b: right", "b: up"]);
  assert.deepEqual([apart.count, apart.labelOf(0, 1), apart.labelOf(1, 1)], [5, 1, 3]);
  assert.equal(apart.separateClasses, "2 of a (up, down), 3 of b (left, right, up)");
  assert.equal(joinedClasses([up, { name: "b", count: 2 }]).separateClasses, undefined);
});

Deno.test("mix: what cannot be mixed is refused", () => {
  const one = { dataset: shapes() };
  const refused: [unknown[], RegExp][] = [
    [[], /sets must be two or more, got 0/],
    [[one], /sets must be two or more, got 1/],
    [[one, {}], /set 2 must be an object with a dataset, got \{\}/],
    [[one, { ...one, wieght: 2 }], /set 2 must have only dataset, name, .*, got "wieght"/],
    [[one, { ...one, weight: 0 }], /set 2: weight must be a number above 0, got 0/],
    [[one, { ...one, samplingRate: 1.5 }], /set 2: samplingRate must be a whole number from 1/],
    [[one, { ...one, fps: 0 }], /set 2: fps must be null or a number above 0, got 0/],
    [[{ ...one, name: "a" }, { ...one, name: "a" }], /names of sets must differ, got "a" twice/],
    [[one, { ...one, name: "a/b" }], /set 2: name must be letters, .*, got "a\/b"/],
    [[one, { dataset: mix({ sets: [one, one] }) }], /a set must not be a mix itself, got set 2/],
    [[one, { ...one, frames: { name: "unifrom" } }], /Cannot load frames "unifrom"/],
  ];
  for (const [sets, message] of refused) {
    assert.throws(
      () => registry.create({ kind: "dataset", name: "mix", options: { sets } }),
      message,
    );
  }
  assert.throws(() => mix.create({ sets: [one, one] }), /a registry must make the mix, got none/);
});

Deno.test("mix: the list of a run's videos has their sets, and a video of another set is another run's", () =>
  withFolder(async (folder) => {
    const sample = (name: string, set: number) => (
      { path: `/videos/${name}.mp4`, label: 0, size: 9, set }
    );
    const before: DataIdentity = {
      train: [
        sample("a", 0),
        { ...sample("b", 1), frames: { start: 3, count: null } },
        { ...sample("c", 1), seconds: { start: 1, end: 2 } },
      ],
      ...{ heldOut: null, test: null, classes: ["up"] },
    };
    await writeData(folder, before);
    assert.deepEqual(await readData(folder), before);
    const now = { ...before, train: before.train!.with(0, sample("a", 1)) };
    const { changed } = await dataDifference(
      { record: dataRecord(before), data: before },
      { record: dataRecord(now), data: now },
    );
    assert.deepEqual(changed, ["training list: 1 video is of another set, first: a.mp4"]);
  }));
