import assert from "node:assert/strict";
import { join } from "node:path";
import { readData, writeData } from "../../../data/identity/data_file.ts";
import { dataDifference } from "../../../data/identity/data_difference.ts";
import {
  commonFolder,
  type DataIdentity,
  dataRecord,
  type SampleIdentity,
} from "../../../data/identity/data_identity.ts";
import { reasonsToDiffer, resumeNote } from "../../../tasks/runs/checkpoint/resume_note.ts";
import { folder } from "../small_task.ts";

/** A list of videos `<name>.mp4` in a folder, with labels and sizes that follow their places. */
function list(names: string, at = "/data"): SampleIdentity[] {
  return [...names].map((name, i) => ({
    path: `${at}/videos/${name}.mp4`,
    label: i % 3,
    size: 100 + name.charCodeAt(0),
  }));
}

function dataOf(train: readonly SampleIdentity[], more: Partial<DataIdentity> = {}): DataIdentity {
  return { train, heldOut: null, test: null, classes: ["up", "down", "left"], ...more };
}

/** What has become of data, in both forms. */
async function difference(before: DataIdentity, now: DataIdentity) {
  return await dataDifference(
    { record: dataRecord(before), data: before },
    { record: dataRecord(now), data: now },
  );
}

const changes: [string, readonly SampleIdentity[], RegExp][] = [
  [
    "a label",
    list("abcd").with(2, { ...list("abcd")[2], label: 0 }),
    /1 of 4 labels differ, first: c\.mp4 \(video 3\): 2 -> 0$/,
  ],
  [
    "a size",
    list("abcd").with(0, { ...list("abcd")[0], size: 7 }),
    /1 file has another size, first: a\.mp4: 197 -> 7 bytes$/,
  ],
  [
    "a new video",
    [...list("abcd"), { path: "/data/videos/new.mp4", label: 0, size: 1 }],
    /1 video added, first: new\.mp4$/,
  ],
  ["fewer videos", list("abcd").slice(0, 2), /2 videos removed, first: c\.mp4$/],
  ["another order", list("abcd").toReversed(), /: the order differs, first: c\.mp4 is video 2$/],
  [
    "another video of the same size",
    list("abcd").with(1, { ...list("abcd")[1], path: "/data/videos/x.mp4" }),
    /1 video added, first: x\.mp4, 1 video removed, first: b\.mp4$/,
  ],
  [
    "a video that cannot be read",
    list("abcd").with(1, { ...list("abcd")[1], size: null }),
    /1 video can no longer be read, first: b\.mp4$/,
  ],
  [
    "a stretch",
    list("abcd").with(3, { ...list("abcd")[3], seconds: { start: 0, end: 1 } }),
    /1 video added.*1 video removed/,
  ],
];

for (const [what, now, message] of changes) {
  Deno.test(`a changed list is told apart: ${what}`, async () => {
    const { changed } = await difference(dataOf(list("abcd")), dataOf(now));
    assert.equal(changed.length, 1);
    assert.match(changed[0], /^training list: /);
    assert.match(changed[0], message);
  });
}

Deno.test("lists that come, go or change their classes are told apart, by their names", async () => {
  const before = dataOf(list("abc"), { heldOut: list("xy") });
  const now = dataOf(list("abc"), {
    heldOut: list("xyz"),
    test: list("q"),
    classes: ["up", "down", "right"],
  });
  const { changed } = await difference(before, now);
  assert.deepEqual(changed, [
    "held-out list: 1 video added, first: z.mp4",
    "test list: no videos then and 1 now, not the same",
    'classes: class 2 is "right" and was "left"',
  ]);
  assert.deepEqual((await difference(before, before)).changed, []);
});

Deno.test("a video that is listed twice is compared line by line", async () => {
  const twice = [...list("ab"), ...list("ab")];
  assert.deepEqual((await difference(dataOf(twice), dataOf([...twice]))).changed, []);
  const { changed } = await difference(
    dataOf(twice),
    dataOf(twice.with(2, { ...twice[2], label: 2 })),
  );
  assert.match(changed[0], /1 of 4 labels differ, first: a\.mp4 \(video 3\): 0 -> 2$/);
});

Deno.test("lists in a folder that has moved are the same lists, and this is told", async () => {
  const { changed, moved } = await difference(
    dataOf(list("abc")),
    dataOf(list("abc", "/scratch/1")),
  );
  assert.deepEqual(changed, []);
  assert.deepEqual(moved, [
    "the videos of the training list are in /scratch/1/videos and were in /data/videos",
  ]);
  assert.equal(
    commonFolder([{ path: "/a/b/c.mp4", label: 0, size: 1 }, {
      path: "/a/bc/d.mp4",
      label: 0,
      size: 1,
    }]),
    "/a",
  );
});

Deno.test("a file that is reached by a link is the same file", async () => {
  const place = join(folder, "linked");
  await Deno.mkdir(join(place, "real"), { recursive: true });
  for (const name of "abc") await Deno.writeTextFile(join(place, "real", `${name}.mp4`), name);
  await Deno.symlink(join(place, "real"), join(place, "link"));
  const at = (folders: string) =>
    [..."abc"].map((name, i): SampleIdentity => ({
      path: join(place, folders.split(",")[i], `${name}.mp4`),
      label: i,
      size: 1,
    }));
  const { changed } = await difference(dataOf(at("real,link,real")), dataOf(at("link,real,real")));
  assert.deepEqual(changed, []);
});

Deno.test("the samples of a run are kept in its folder, whatever their names", async () => {
  const odd = ["a b.mp4", 'qu"ote.mp4', "line\nbreak.mp4", "ü/ß.mp4"];
  const train = odd.map((name, label): SampleIdentity => ({
    path: `/data/${name}`,
    label,
    size: label === 1 ? null : 9,
  }));
  const data = dataOf(train, { test: [{ ...train[0], seconds: { start: 0.5, end: 2 } }] });
  await writeData(folder, data);
  assert.deepEqual(await readData(folder), data);
  await Deno.writeTextFile(join(folder, "videos.jsonl.gz"), "damaged");
  assert.equal(await readData(folder), null);
  const lost = await dataDifference(
    { record: dataRecord(data), data: null },
    { record: dataRecord(dataOf(train)), data: dataOf(train) },
  );
  assert.deepEqual(lost.changed, ["test list: 1 videos then and no now, not the same"]);
});

Deno.test("another device, machine or version is named in a resumed run, each with what it was", () => {
  const counts = { clips: 0, replaced: 0, damaged: {}, skipped: 0 };
  const device = { description: "wasm: CPU engine with OpenBLAS 0.3.21, 2 threads" };
  const note = resumeNote(5, 3, counts, device);
  const info = JSON.parse(JSON.stringify(note));
  assert.deepEqual(reasonsToDiffer(info, 3, device), []);
  assert.deepEqual(reasonsToDiffer(info, 3, { description: "webgpu: a GPU" }), [
    "device was wasm: CPU engine with OpenBLAS 0.3.21 and is now webgpu: a GPU",
  ]);
  const alone = { description: device.description.replace("2 threads", "1 thread") };
  assert.deepEqual(reasonsToDiffer(info, 3, alone), [], "threads change no bit");
  const elsewhere = { ...info, machine: "node7 (Z80)", versions: { ...note.versions, deno: "1" } };
  const reasons = reasonsToDiffer(elsewhere, 3, device);
  assert.match(
    reasons.join("; "),
    /deno was 1 and is now 2.*machine was node7 \(Z80\) and is now /,
  );
  const { device: _, machine: __, ...older } = info; // than these fields
  assert.deepEqual(reasonsToDiffer(older, 3, device), []);
});
