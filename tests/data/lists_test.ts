import {
  folderLists,
  hmdb51Lists,
  kineticsLists,
  parseAnnotations,
  ssv2Lists,
  ucf101Lists,
  type VideoLists,
} from "@videoms/data";
import assert from "node:assert/strict";
import { relative } from "node:path";
import { listText } from "../../data/lists/list_text.ts";
import { makeRawName } from "./processes.ts";
import { tree, UCF, UCF_VIDEOS, videos } from "./list_trees.ts";
import { withFolder } from "./test_videos.ts";

/** Lists as plain values: names, and `path label` from the folder on. */
function plain({ classes, lists }: VideoLists, folder: string): Record<string, string[]> {
  return {
    classes: [...classes],
    ...Object.fromEntries(
      lists.map(({ name, videos }) => [
        name,
        videos.map(({ path, label }) => `${relative(folder, path)} ${label}`),
      ]),
    ),
  };
}

/** What was passed over, by the reason, from the folder on. */
function skippedBy({ skipped }: VideoLists, folder: string): Record<string, string[]> {
  const kinds = Map.groupBy(skipped, ({ why }) => why);
  return Object.fromEntries(
    Array.from(
      kinds,
      ([why, ones]) => [why, ones.map(({ path }) => relative(folder, path)).sort()],
    ),
  );
}

Deno.test("ucf101: official splits, videos in class folders, flat or converted", () =>
  withFolder(async (folder) => {
    await tree(folder, UCF);
    await videos(folder, ...UCF_VIDEOS);
    const options = { splits: `${folder}/splits`, videos: `${folder}/videos` };
    const expected = {
      classes: ["ApplyEyeMakeup", "HandstandPushups"],
      train: [`${UCF_VIDEOS[0]} 0`, `${UCF_VIDEOS[1]} 1`],
      test: [`${UCF_VIDEOS[2]} 1`],
    };
    assert.deepEqual(plain(await ucf101Lists(options), folder), expected);

    const flat = UCF_VIDEOS.map((path) => path.split("/").at(-1)!.replace(".avi", ".mp4"));
    await videos(folder, ...flat.map((name) => `flat/${name}`));
    const found = plain(await ucf101Lists({ ...options, videos: `${folder}/flat` }), folder);
    assert.deepEqual(found, {
      ...expected,
      train: [`flat/${flat[0]} 0`, `flat/${flat[1]} 1`],
      test: [`flat/${flat[2]} 1`],
    });

    await assert.rejects(ucf101Lists({ ...options, split: 3 }), /trainlist03\.txt/);
    await Deno.writeTextFile(
      `${folder}/splits/trainlist01.txt`,
      "ApplyEyeMakeup/a.avi 2\nApplyEyeMakeup/b.avi\nNoClass/c.avi 1\n",
    );
    await assert.rejects(
      ucf101Lists(options),
      /trainlist01\.txt: a line must be .*line 1: .*line 2: .*line 3: /,
    );
    await Deno.writeTextFile(`${folder}/splits/classInd.txt`, "1 A\n3 B\n");
    await assert.rejects(ucf101Lists(options), /classInd\.txt: .*consecutive, got 2 up to 3/);
  }));

Deno.test("folders: a pattern finds classes in names, and groups stay in one list", () =>
  withFolder(async (folder) => {
    const names = ["up", "down"].flatMap((name) =>
      [1, 2, 3, 4].map((n) => `clip_${name}_${n}.mp4`)
    );
    await videos(folder, ...names, "clip_other_1.mp4", "deep/clip_up_9.mp4", "notes.txt");
    const pattern = "clip_(?<class>(?!other)[a-z]+)_(?<group>\\d)\\.mp4";
    const found = await folderLists({ videos: folder, pattern });
    assert.deepEqual(plain(found, folder), {
      classes: ["down", "up"],
      train: names.toSorted().map((name) => `${name} ${name.includes("up") ? 1 : 0}`),
    });
    assert.deepEqual(skippedBy(found, folder), {
      "does not match the pattern": ["clip_other_1.mp4", "deep/clip_up_9.mp4"],
      "not named like a video": ["notes.txt"],
    });
    for (const seed of [0, 1, 2]) {
      const { train, "held-out": held } = plain(
        await folderLists({ videos: folder, pattern, heldOut: 0.5, seed }),
        folder,
      );
      assert.deepEqual([train.length, held.length], [4, 4]);
      const groups = [train, held].map((list) => new Set(list.map((line) => /\d/.exec(line)![0])));
      assert.equal(groups[0].intersection(groups[1]).size, 0);
    }
    const ungrouped = await folderLists({
      videos: folder,
      heldOut: 0.5,
      pattern: "clip_(?<class>.*)_.*",
    });
    assert.deepEqual(ungrouped.lists.map(({ videos }) => videos.length), [5, 4]);
    for (const grouped of [pattern, "clip_(?<class>(?!other)[a-z]+)_.*"]) {
      const { classes: _, train, ...folds } = plain(
        await folderLists({ videos: folder, pattern: grouped, folds: 4 }),
        folder,
      );
      const held = [1, 2, 3, 4].map((fold) => folds[`fold${fold}-held-out`]);
      assert.deepEqual(held.flat().toSorted(), train.toSorted());
      held.forEach((list, i) => {
        assert.deepEqual([...list, ...folds[`fold${i + 1}-train`]].toSorted(), train.toSorted());
        const numbers = new Set(list.map((line) => /\d/.exec(line)![0]));
        assert.equal(list.length, 2);
        assert.ok(grouped !== pattern || numbers.size === 1);
      });
    }
    await assert.rejects(
      folderLists({ videos: folder, pattern, folds: 1 }),
      /folds must be 2 or more/,
    );
    const refuse = (pattern: string, message: RegExp) =>
      assert.rejects(folderLists({ videos: folder, pattern }), { name: "RangeError", message });
    await refuse("(", /must be a regular expression, got "\("/);
    await refuse("clip_(.*)", /must have a group named class, .* got "clip_/);
    await refuse(
      "(?<class>[0-9]+)",
      /must match the path of a video below .*, got .*clip_down_1\.mp4/,
    );
    const alone = { videos: folder, heldOut: 0.5, pattern: "(?<group>clip_(?<class>.*))_.*" };
    await assert.rejects(folderLists(alone), /videos of every class, got none of "/);
  }));

Deno.test("hmdb51: a file for each class, with unused videos and odd names", () =>
  withFolder(async (folder) => {
    await tree(folder, {
      "splits/brush_hair_test_split1.txt": "(Rad)#1_a&b;c_brush_hair_0.avi 1 \nsame.avi 2 \n",
      "splits/cartwheel_test_split1.txt": "same.avi 1 \nunused.avi 0 \n",
      "splits/cartwheel_test_split2.txt": "same.avi 2 \n",
    });
    await videos(
      folder,
      "videos/brush_hair/(Rad)#1_a&b;c_brush_hair_0.avi",
      "videos/brush_hair/same.avi",
      "videos/cartwheel/same.avi",
    );
    const options = { splits: `${folder}/splits`, videos: `${folder}/videos` };
    assert.deepEqual(plain(await hmdb51Lists(options), folder), {
      classes: ["brush_hair", "cartwheel"],
      train: ["videos/brush_hair/(Rad)#1_a&b;c_brush_hair_0.avi 0", "videos/cartwheel/same.avi 1"],
      test: ["videos/brush_hair/same.avi 0"],
    });
    await assert.rejects(hmdb51Lists({ ...options, split: 3 }), /<class>_test_split3\.txt/);
    // A namesake in the folder of another class is not the video.
    await Deno.remove(`${folder}/videos/cartwheel/same.avi`);
    await assert.rejects(
      hmdb51Lists(options),
      /1 missing: cartwheel\/same\.avi; use leave-out/,
    );
    await Deno.writeTextFile(`${folder}/splits/brush_hair_test_split1.txt`, "a.avi 3\n");
    await assert.rejects(hmdb51Lists(options), /brush_hair_test_split1\.txt.*line 1: "a\.avi 3"/);
  }));

Deno.test("ssv2: templates without brackets, under both names of the files", () =>
  withFolder(async (folder) => {
    const labels = JSON.stringify({ "Pushing something": "1", "Holding something": "0" });
    const entry = (id: string, template: string) => ({
      id,
      label: "…",
      template,
      placeholders: [],
    });
    const train = JSON.stringify([entry("78687", "Holding [something]")]);
    const validation = JSON.stringify([entry("74225", "Pushing [something]")]);
    await tree(folder, {
      "short/labels.json": labels,
      "short/train.json": train,
      "short/validation.json": validation,
      "short/test.json": '[{ "id": "1420" }]',
      "long/something-something-v2-labels.json": labels,
      "long/something-something-v2-train.json": train,
      "long/something-something-v2-validation.json": validation,
    });
    await videos(folder, "videos/78687.webm", "videos/74225.mp4");
    for (const names of ["short", "long"]) {
      const options = { annotations: `${folder}/${names}`, videos: `${folder}/videos` };
      assert.deepEqual(plain(await ssv2Lists(options), folder), {
        classes: ["Holding something", "Pushing something"],
        train: ["videos/78687.webm 0"],
        validation: ["videos/74225.mp4 1"],
      });
    }
    const options = { annotations: `${folder}/short`, videos: `${folder}/videos` };
    const broken: [string, unknown, RegExp][] = [
      ["train", [entry("7", "No [such] template")], /train\.json: .*entry 1: .*No \[such\]/],
      ["train", "no list", /train\.json: .*got no entries/],
      ["labels", { a: "0", b: "2" }, /labels must be 0 to 1, each once, got "2" for "b"/],
    ];
    for (const [name, content, message] of broken) {
      await Deno.writeTextFile(`${folder}/short/${name}.json`, JSON.stringify(content));
      await assert.rejects(ssv2Lists(options), message);
    }
    await Deno.remove(`${folder}/short/labels.json`);
    await assert.rejects(
      ssv2Lists(options),
      /must contain labels\.json or something-something-v2-/,
    );
  }));

Deno.test("kinetics: true CSV, every way videos are named, missing ones left out", () =>
  withFolder(async (folder) => {
    const header = "label,youtube_id,time_start,time_end,split\r\n";
    await tree(folder, {
      "train.csv": `\uFEFF${header}"petting animal, not cat",---0dWlqevI,19,29,train\r\n` +
        "abseiling,0347ZoDXyP0,95,105,train\r\nabseiling,gone_gone_1,0,10,train\r\n",
      "validate.csv": `${header}abseiling,3caPS4FHFF8,36.0,46.0,val\r\n`,
    });
    await videos(
      folder,
      "k400/petting animal, not cat/---0dWlqevI_000019_000029.mp4",
      "k400/0347ZoDXyP0_95_105.mkv",
      "k400/val/abseiling/3caPS4FHFF8_000036_000046.mp4",
    );
    const csv = [`${folder}/train.csv`, `${folder}/validate.csv`];
    const options = { csv, videos: `${folder}/k400` };
    const lists = await kineticsLists(options);
    assert.deepEqual(plain(lists, folder), {
      classes: ["abseiling", "petting animal, not cat"],
      train: [
        "k400/petting animal, not cat/---0dWlqevI_000019_000029.mp4 1",
        "k400/0347ZoDXyP0_95_105.mkv 0",
      ],
      validation: ["k400/val/abseiling/3caPS4FHFF8_000036_000046.mp4 0"],
    });
    assert.deepEqual(lists.lists[0].missing, ["abseiling/gone_gone_1_000000_000010.mp4"]);
    await assert.rejects(kineticsLists({ ...options, missing: "error" }), /got 1 missing/);
    await Deno.mkdir(`${folder}/empty`);
    await assert.rejects(
      kineticsLists({ ...options, videos: `${folder}/empty` }),
      /contains 0 videos, got 4 missing/,
    );
    await videos(folder, "k400/a/0347ZoDXyP0_95_105.mkv");
    await assert.rejects(
      kineticsLists(options),
      /each video must match one file in .*, got 0347ZoDXyP0_/,
    );

    await Deno.writeTextFile(csv[0], `${header}abseiling,#NAME?,1,2,train\nx,id,1,2,tuna\n`);
    await assert.rejects(kineticsLists(options), /train\.csv: a row must .*line 2: .*line 3: /);
    await Deno.writeTextFile(csv[0], "youtube_id,time_start,time_end,split\nid,0,1,test\n");
    await assert.rejects(kineticsLists(options), /train\.csv: .*no column label in the header/);
  }));

Deno.test("folders: sorted classes, a seeded share of each held out", () =>
  withFolder(async (folder) => {
    const names = Array.from({ length: 10 }, (_, i) => `v${i}.mp4`);
    await videos(
      folder,
      ...names.map((name) => `set/b/${name}`),
      ...names.map((name) => `set/a/deeper/${name}`),
      "set/c/only.WEBM",
      "set/a/.hidden.mp4",
      "set/a/notes.txt",
      "set/.cache/x.mp4",
      "set/README.md",
    );
    await Deno.mkdir(`${folder}/set/empty`);
    await Deno.symlink(`${folder}/set/c`, `${folder}/set/c/loop`);
    const options = { videos: `${folder}/set` };
    const lists = await folderLists(options);
    assert.deepEqual(skippedBy(lists, folder), {
      hidden: ["set/.cache", "set/a/.hidden.mp4"],
      "not named like a video": ["set/README.md", "set/a/notes.txt"],
      "a link to a folder that is searched anyway": ["set/c/loop"],
      "a folder without videos, so no class": ["set/empty"],
    });
    const all = plain(lists, folder);
    assert.deepEqual(all.classes, ["a", "b", "c"]);
    assert.equal(all.train.length, 21);
    const held = async (seed: number) =>
      plain(await folderLists({ ...options, heldOut: 0.3, seed }), folder);
    const first = await held(1);
    assert.deepEqual([first.train.length, first["held-out"].length], [15, 6]);
    assert.deepEqual([...first.train, ...first["held-out"]].sort(), [...all.train].sort());
    assert.ok(first.train.includes("set/c/only.WEBM 2"), "the only video of a class is trained on");
    assert.deepEqual(await held(1), first);
    assert.notDeepEqual(await held(2), first);

    await assert.rejects(folderLists({ ...options, heldOut: 1 }), RangeError);
    await assert.rejects(
      folderLists({ videos: `${folder}/none` }),
      /must be a folder, got nothing/,
    );
    await assert.rejects(folderLists({ videos: `${folder}/set/empty` }), /got none/);
    await videos(folder, "set/loose.mp4");
    await assert.rejects(folderLists(options), /folder of its class, got loose\.mp4 in/);
  }));

Deno.test("folders: a tree that is already split gives a list for each part", () =>
  withFolder(async (folder) => {
    await videos(folder, "train/b/1.mp4", "train/a/2.mp4", "val/b/3.mp4", "test/c/4.mp4");
    await tree(folder, { "annotations/all.json": "{}", "LICENSE": "", "val/d/notes.txt": "" });
    const lists = await folderLists({ videos: folder });
    assert.deepEqual(plain(lists, folder), {
      classes: ["a", "b", "c"],
      train: ["train/a/2.mp4 0", "train/b/1.mp4 1"],
      validation: ["val/b/3.mp4 1"],
      test: ["test/c/4.mp4 2"],
    });
    assert.deepEqual(skippedBy(lists, folder), {
      "not named like a video": ["LICENSE", "val/d/notes.txt"],
      "a folder without videos, so no class": ["annotations", "val/d"],
    });
    await videos(folder, "loose.avi");
    await assert.rejects(folderLists({ videos: folder }), /got loose\.avi in .* itself/);
  }));

Deno.test("folders: no class is lost for the ending of its files", () =>
  withFolder(async (folder) => {
    const endings = ["mp4", "MTS", "m2ts", "gif", "VOB", "3g2", "ogv", "y4m", "dv", "mxf", "ivf"]
      .concat("h264", "hevc", "M2V", "obu", "Mod", "divx", "qt", "f4v");
    await videos(folder, ...endings.map((ending) => `class ${ending}/1.${ending}`));
    const lists = await folderLists({ videos: folder });
    assert.deepEqual(lists.classes, endings.map((ending) => `class ${ending}`).sort());
    assert.deepEqual(lists.skipped, []);
    // The same list of endings finds converted videos of the known sets.
    await tree(folder, UCF);
    await videos(folder, ...UCF_VIDEOS.map((path) => path.replace(".avi", ".MTS")));
    await tree(folder, { "videos/ApplyEyeMakeup/a.jpg": "" });
    const ucf = await ucf101Lists({ splits: `${folder}/splits`, videos: `${folder}/videos` });
    assert.equal(ucf.lists[0].videos.length, 2);
    assert.deepEqual(skippedBy(ucf, folder), {
      "not named like a video": ["videos/ApplyEyeMakeup/a.jpg"],
    });
  }));

Deno.test(
  "folders: names that are not UTF-8 are named, not lost",
  { ignore: Deno.build.os !== "linux" },
  () =>
    withFolder(async (folder) => {
      await videos(folder, "a/1.mp4", "b/1.mp4");
      await makeRawName(folder, "a/caf\\351.txt");
      const lists = await folderLists({ videos: folder });
      assert.deepEqual(skippedBy(lists, folder), {
        "not named like a video": ["a/caf\uFFFD.txt"],
      });
      await makeRawName(folder, "b/caf\\351.mp4");
      await assert.rejects(folderLists({ videos: folder }), /must be UTF-8, got .*caf\uFFFD\.mp4/);
    }),
);

Deno.test("what is written is read back, with any name that a line can hold", () => {
  const folder = "/data";
  const names = [
    "a b.mp4",
    " first.mp4",
    "x 5.avi",
    "größe😀.mkv",
    "tab\t.mp4",
    '"q".mp4',
    "-.mp4",
  ];
  const listed = names.map((name, label) => ({ path: `${folder}/in/${name}`, label }));
  for (const place of [folder, `${folder}/elsewhere`]) {
    const read = parseAnnotations(listText(listed, place), { file: `${place}/list.txt` });
    assert.deepEqual(read.map(({ path, label }) => ({ path, label })), listed);
  }
  assert.throws(() => listText([{ path: "/a\nb.mp4", label: 0 }], "/"), /no line break/);
});

Deno.test("folders of frames are listed as videos, beside files, and not beside a file of their name", () =>
  withFolder(async (folder) => {
    await videos(
      folder,
      ...["1", "2"].flatMap((i) => [`in/wave/a/img_${i}.jpg`, `in/wave/b.c/${i}.PNG`]),
      ...["in/wave/d/1.jpg", "in/clap/e.mp4", "in/clap/f.mp4", "in/clap/1.jpg"],
      ...["in/clap/f/1.jpg", "in/clap/f/2.jpg"],
    );
    const { classes, lists, skipped } = await folderLists({ videos: `${folder}/in` });
    assert.deepEqual(classes, ["clap", "wave"]);
    assert.deepEqual(lists[0].videos.map(({ path }) => path.slice(folder.length)), [
      ...["/in/clap/e.mp4", "/in/clap/f.mp4", "/in/wave/a", "/in/wave/b.c"],
    ]);
    const why = new Map(skipped.map((one) => [one.path.slice(folder.length), one.why]));
    assert.equal(why.get("/in/clap/f"), "images beside a video of the same name");
    assert.equal(why.get("/in/wave/d/1.jpg"), "not named like a video");
  }));
