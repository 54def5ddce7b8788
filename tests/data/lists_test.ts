import {
  folderLists,
  hmdb51Lists,
  kineticsLists,
  listText,
  parseAnnotations,
  parseCsv,
  readAnnotations,
  ssv2Lists,
  ucf101Lists,
  type VideoLists,
} from "@videoms/data";
import assert from "node:assert/strict";
import { dirname, relative } from "node:path";
import { runCommandLine } from "../../tasks/command_line/run_command_line.ts";
import { listCommand } from "../../tasks/data/list/list_command.ts";
import { writeLists } from "../../tasks/data/list/write_lists.ts";
import { withFolder } from "./test_videos.ts";

/** Writes files, by path in the folder; what a video is does not matter to lists. */
async function tree(folder: string, files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(dirname(`${folder}/${path}`), { recursive: true });
    await Deno.writeTextFile(`${folder}/${path}`, text);
  }
}

function videos(folder: string, ...paths: string[]): Promise<void> {
  return tree(folder, Object.fromEntries(paths.map((path) => [path, ""])));
}

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

const UCF = {
  "splits/classInd.txt": "1 ApplyEyeMakeup\r\n2 HandstandPushups\r\n",
  "splits/trainlist01.txt": "ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1\r\n" +
    "HandstandPushups/v_HandStandPushups_g08_c01.avi 2\r\n",
  "splits/testlist01.txt": "HandstandPushups/v_HandStandPushups_g01_c01.avi\r\n",
};
const UCF_VIDEOS = [
  "videos/ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi",
  "videos/HandstandPushups/v_HandStandPushups_g08_c01.avi",
  "videos/HandstandPushups/v_HandStandPushups_g01_c01.avi",
];

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
    await assert.rejects(ucf101Lists(options), /classInd\.txt: .*no gap, got 2 up to 3/);
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
      /1 that are not there: cartwheel\/same\.avi; the rest/,
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
    await assert.rejects(ssv2Lists(options), /must hold labels\.json or something-something-v2-/);
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
    await assert.rejects(kineticsLists({ ...options, missing: "error" }), /1 that are not there/);
    await Deno.mkdir(`${folder}/empty`);
    await assert.rejects(
      kineticsLists({ ...options, videos: `${folder}/empty` }),
      /holds 0 videos, got 4 that are not there/,
    );
    await videos(folder, "k400/a/0347ZoDXyP0_95_105.mkv");
    await assert.rejects(kineticsLists(options), /each must be one file in .*, got 0347ZoDXyP0_/);

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
    const all = plain(await folderLists(options), folder);
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
    assert.deepEqual(plain(await folderLists({ videos: folder }), folder), {
      classes: ["a", "b", "c"],
      train: ["train/a/2.mp4 0", "train/b/1.mp4 1"],
      validation: ["val/b/3.mp4 1"],
      test: ["test/c/4.mp4 2"],
    });
  }));

Deno.test("what is written is read back, with any name that a line can hold", () =>
  withFolder(async (folder) => {
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

    await videos(folder, ...names.map((name) => `in/${name}`));
    const lists = [
      { name: "train", videos: listed, missing: ["a/gone.mp4"] },
      { name: "test", videos: [], missing: ["b/lost.mp4"] },
    ];
    const line = await writeLists({ classes: ["a", "b"], lists }, folder);
    assert.equal(
      line,
      `${folder}: train.txt 7 videos; no test.txt, 0 videos; 2 classes; 2 missing, named in missing.txt`,
    );
    assert.equal((await readAnnotations(`${folder}/train.txt`)).length, 7);
    assert.equal(await Deno.readTextFile(`${folder}/classes.txt`), "a\nb\n");
    const missing = await Deno.readTextFile(`${folder}/missing.txt`);
    assert.equal(missing, "train a/gone.mp4\ntest b/lost.mp4\n");
  }));

/** Runs `data list` and gives its exit code and complaints. */
async function list(...args: string[]): Promise<{ code: number; said: string }> {
  let said = "";
  const tell = (text: string) => void (said += text);
  const code = await runCommandLine(
    { name: "deno task data", summary: "", commands: [listCommand] },
    ["list", ...args],
    { print: tell, printError: tell, debug: false, signal: new AbortController().signal },
  );
  return { code, said };
}

Deno.test("data list writes lists, and nothing unless all is sound", () =>
  withFolder(async (folder) => {
    await tree(folder, UCF);
    await videos(folder, ...UCF_VIDEOS.slice(1));
    const out = `${folder}/lists`;
    const args = ["ucf101", "--splits", `${folder}/splits`, "--videos", `${folder}/videos`];
    const failed = await list(...args, "--out", out);
    assert.equal(failed.code, 1);
    assert.match(
      failed.said,
      /1 that are not there: ApplyEyeMakeup\/v_ApplyEyeMakeup_g08_c01\.avi/,
    );
    await assert.rejects(Deno.stat(out), Deno.errors.NotFound);

    assert.equal((await list(...args, "--out", out, "--missing", "leave-out")).code, 0);
    const names = [...Deno.readDirSync(out)].map(({ name }) => name).sort();
    assert.deepEqual(names, ["classes.txt", "missing.txt", "test.txt", "train.txt"]);

    await videos(folder, UCF_VIDEOS[0]);
    assert.equal((await list(...args, "--out", folder)).code, 0);
    assert.equal(
      await Deno.readTextFile(`${folder}/train.txt`),
      `${UCF_VIDEOS[0]} 0\n${UCF_VIDEOS[1]} 1\n`,
    );
    assert.equal((await list(...args, "--out", out)).code, 0);
    await assert.rejects(Deno.stat(`${out}/missing.txt`), Deno.errors.NotFound);
  }));

Deno.test("data list says which flags a kind needs, and how Ego4D is read", async () => {
  const mistakes: [string, RegExp][] = [
    ["ucf101 --videos v", /Cannot list ucf101: --splits must be given/],
    ["kinetics --videos v", /Cannot list kinetics: --csv must be given/],
    ["folders --videos v --csv a.csv", /--csv must be left out/],
    ["ego4d --videos v", /data\.dataset=ego4d-oscc/],
    ["ucf --videos v", /must be one of ucf101, hmdb51, ssv2, kinetics, folders, got "ucf"/],
  ];
  for (const [line, message] of mistakes) {
    const { code, said } = await list(...line.split(" "));
    assert.equal(code, 2);
    assert.match(said, message);
  }
});

Deno.test("CSV: quotes, doubled quotes, line breaks in quotes, blank lines; errors name the line", () => {
  const text = '\uFEFFlabel,id\r\n"a, ""b""\nc",1\r\n\r\n"",2\r\n';
  const options = { file: "x.csv", columns: ["id", "label"] } as const;
  assert.deepEqual(
    parseCsv(text, options).map(({ line, values }) => [line, values.label, values.id]),
    [[3, 'a, "b"\nc', "1"], [5, "", "2"]],
  );
  const broken: [string, RegExp][] = [
    ["label,id\n1,2\n3\n", /x\.csv: it must be CSV with a header, got .*line 3/],
    ['label,id\n1,"2\n', /Quote Not Closed.*line 2/],
    ["label\n1\n", /no column id in the header "label"/],
    ["", /an empty file/],
  ];
  for (const [content, message] of broken) {
    assert.throws(() => parseCsv(content, options), { name: "SyntaxError", message });
  }
});
