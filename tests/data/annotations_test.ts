import { annotations, parseAnnotations, readAnnotations } from "@videoms/data";
import assert from "node:assert/strict";
import { withFolder } from "./test_videos.ts";

const file = "/lists/train.txt";

Deno.test("a list may have spaces in paths, Windows line ends, a byte order mark, blank lines", () => {
  const text = "\uFEFFa.avi 0\r\n\r\n  my clips/b 10.mp4\t5  \n/abs/c.mkv 2\nnodot 1\n\n";
  assert.deepEqual(parseAnnotations(text, { file }), [
    { path: "/lists/a.avi", label: 0, line: 1 },
    { path: "/lists/my clips/b 10.mp4", label: 5, line: 3 },
    { path: "/abs/c.mkv", label: 2, line: 4 },
    { path: "/lists/nodot.mp4", label: 1, line: 5 },
  ]);
  assert.equal(parseAnnotations("a.avi 0", { file, dataRoot: "/videos" })[0].path, "/videos/a.avi");
});

Deno.test("malformed lines are named together", () => {
  const bad = ["a.mp4", "b.mp4 foo", "c.mp4 -1", "d.mp4 1.5", "nul\0.mp4 1"];
  const text = ["ok.mp4 0", ...bad].join("\n");
  assert.throws(() => parseAnnotations(text, { file }), (error: Error) => {
    assert.match(error.message, /^Cannot read annotations \/lists\/train.txt: /);
    for (let line = 2; line <= 6; line++) assert.match(error.message, new RegExp(`line ${line}:`));
    return !error.message.includes("\n");
  });
  const many = Array.from({ length: 13 }, () => "bad").join("\n");
  assert.throws(() => parseAnnotations(many, { file }), /line 10: "bad" and 3 more/);
  assert.throws(() => parseAnnotations("\n \n", { file }), /got an empty list/);
});

Deno.test("labels must be below the number of classes", () => {
  assert.throws(
    () => parseAnnotations("a.mp4 100\nb.mp4 101", { file, classes: 101 }),
    /number of classes \(101\), got line 2: 101$/,
  );
});

Deno.test("missing lists and videos are found before anything is decoded; folders may hold images", () =>
  withFolder(async (folder) => {
    const list = `${folder}/list.txt`;
    await assert.rejects(readAnnotations(list), Deno.errors.NotFound);
    await Deno.mkdir(`${folder}/folder.mp4`);
    await Deno.writeTextFile(`${folder}/a b.mp4`, "");
    await Deno.writeTextFile(list, "a b.mp4 0\nfolder.mp4 1\ngone.mp4 2\n");
    await assert.rejects(readAnnotations(list), (error: Error) => {
      assert.match(
        error.message,
        /must be a file or a folder of images, got line 3: .*gone\.mp4 \(missing\);/,
      );
      return error instanceof Deno.errors.NotFound;
    });
    await Deno.writeTextFile(list, "caf\uFFFD.mp4 0\n");
    await assert.rejects(
      readAnnotations(list),
      /missing; \uFFFD stands for .* names must be UTF-8/,
    );
    await Deno.writeTextFile(list, "a b.mp4 0\n");
    assert.equal((await readAnnotations(list)).length, 1);
  }));

Deno.test("annotation lists serve as a data set", () =>
  withFolder(async (folder) => {
    for (const name of ["a", "b"]) await Deno.writeTextFile(`${folder}/${name}.mp4`, "");
    await Deno.writeTextFile(`${folder}/train.txt`, "a 0\nb.mp4 2\n");
    const train = `${folder}/train.txt`;
    const options = { ...annotations.defaults, train };
    const [a, b] = ["a", "b"].map((name) => `${folder}/${name}.mp4`);
    assert.deepEqual(await annotations.create(options).prepare(), {
      train: [{ path: a, label: 0 }, { path: b, label: 2 }],
      heldOut: null,
      test: null,
      classes: ["0", "1", "2"],
    });
    await Deno.writeTextFile(`${folder}/test.txt`, "b 3\n");
    const three = annotations.create({ ...options, heldOut: train, test: `${folder}/test.txt` });
    const { heldOut, test, classes } = await three.prepare();
    assert.deepEqual([heldOut?.length, test], [2, [{ path: b, label: 3 }]]);
    assert.deepEqual(classes, ["0", "1", "2", "3"]);
    assert.match((await three.summarize()).text, /^2 videos of .*, 2 held out, 1 to test on$/);
    await Deno.writeTextFile(`${folder}/classes.txt`, "run\r\njump high\n");
    assert.deepEqual((await three.prepare()).classes, ["run", "jump high", "2", "3"]);
    const counted = annotations.create({ ...options, classCount: 5 });
    assert.deepEqual((await counted.prepare()).classes, ["run", "jump high", "2", "3", "4"]);
    const few = annotations.create({ ...options, classes: ["one", "two"] });
    await assert.rejects(few.prepare(), /number of classes \(2\)/);
    assert.throws(() => annotations.create(annotations.defaults), RangeError);
  }));

Deno.test("a share of the training videos has as much of each class, and a larger share holds it", () =>
  withFolder(async (folder) => {
    const lines = Array.from({ length: 30 }, (_, i) => `${i} ${i % 7 === 0 ? 1 : 0}\n`);
    for (const i of lines.keys()) await Deno.writeTextFile(`${folder}/${i}.mp4`, "");
    const train = `${folder}/train.txt`;
    await Deno.writeTextFile(train, lines.join(""));
    const shareOf = (share: number) =>
      annotations.create({ ...annotations.defaults, train, heldOut: train, share });
    const [quarter, half, whole] = await Promise.all(
      [0.25, 0.5, 1].map(async (share) => (await shareOf(share).prepare()).train),
    );
    const counts = [quarter, half, whole].map((videos) => {
      const rare = videos.filter(({ label }) => label === 1).length;
      return [videos.length - rare, rare];
    });
    assert.deepEqual(counts, [[6, 1], [13, 3], [25, 5]]);
    const paths = (videos: typeof whole) => videos.map(({ path }) => path);
    assert.deepEqual(
      paths(half),
      paths(whole).filter((path) => paths(half).includes(path)),
      "in the list's order",
    );
    assert.ok(paths(quarter).every((path) => paths(half).includes(path)));
    const { text, train: count } = await shareOf(0.25).summarize();
    assert.match(text, /^7 of 30 videos of .*, 30 held out$/);
    assert.equal(count, 7);
    for (const share of [0, -1, 1.01, NaN]) assert.throws(() => shareOf(share), /share must be/);
  }));

Deno.test("excluded videos are left out of every list, missing ones as well, and counted", () =>
  withFolder(async (folder) => {
    for (const name of ["a", "b"]) await Deno.writeTextFile(`${folder}/${name}.mp4`, "");
    const [train, exclude] = [`${folder}/train.txt`, `${folder}/bad.txt`];
    await Deno.writeTextFile(train, "a 0\nb 1\ngone 2\n");
    await Deno.writeTextFile(exclude, `\uFEFFgone.mp4\r\n\n${folder}/b.mp4\n/elsewhere/a.mp4\n`);
    const options = { ...annotations.defaults, train, heldOut: train, exclude };
    const dataset = annotations.create(options);
    const { train: kept, heldOut } = await dataset.prepare();
    assert.deepEqual(kept, [{ path: `${folder}/a.mp4`, label: 0 }]);
    assert.deepEqual(heldOut, kept);
    assert.match(
      (await dataset.summarize()).text,
      /^1 videos .*, 4 excluded by .*bad\.txt \(1 of its paths in no list\)$/,
    );
    // Relative paths start where those of the lists do.
    await Deno.mkdir(`${folder}/lists`);
    await Deno.writeTextFile(`${folder}/lists/bad.txt`, "gone.mp4\n");
    const rooted = { ...options, exclude: `${folder}/lists/bad.txt`, dataRoot: folder };
    assert.equal((await annotations.create(rooted).prepare()).train.length, 2);
    // Exclusions that match nothing were meant for another list, or start elsewhere.
    await Deno.writeTextFile(exclude, "lists/b.mp4\n/elsewhere/a.mp4\n");
    await assert.rejects(
      dataset.prepare(),
      /bad\.txt: a path must be that of a video in the lists, got .*\/lists\/b\.mp4, \/elsewhere/,
    );
    await Deno.writeTextFile(exclude, "\n"); // a check that found nothing bad
    await assert.rejects(dataset.prepare(), /line 3: .*gone/);
    // Another way to the same file is the same file.
    await Deno.symlink(folder, `${folder}/link`);
    await Deno.writeTextFile(exclude, "link/b\ngone\n");
    assert.equal((await dataset.prepare()).train.length, 1);
    await Deno.writeTextFile(exclude, "a.mp4\nb.mp4\ngone.mp4\n");
    await assert.rejects(dataset.prepare(), /a video must remain, got 3 lines, all excluded/);
    await assert.rejects(
      annotations.create({ ...options, exclude: "/nowhere/bad.txt" }).prepare(),
      Deno.errors.NotFound,
    );
  }));

/** A text in UTF-16, the low byte first or last. */
function utf16(text: string, bigEndian = false): Uint8Array {
  const bytes = new Uint8Array(2 * text.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), !bigEndian);
  return bytes;
}

Deno.test("a list may be UTF-16 with a byte order mark; other encodings are named, with the way out", () =>
  withFolder(async (folder) => {
    const list = `${folder}/list.txt`;
    const read = async (bytes: Uint8Array) => {
      await Deno.writeFile(list, bytes);
      return await readAnnotations(list, { checkFiles: false });
    };
    const text = "größe 動画.mp4 0\r\nb.mp4 1\r\n";
    const expected = [
      { path: `${folder}/größe 動画.mp4`, label: 0, line: 1 },
      { path: `${folder}/b.mp4`, label: 1, line: 2 },
    ];
    for (const bigEndian of [false, true]) {
      assert.deepEqual(await read(utf16(`\uFEFF${text}`, bigEndian)), expected);
    }
    assert.deepEqual(await read(new TextEncoder().encode(`\uFEFF${text}`)), expected);

    const plain = "videos/a.mp4 0\nvideos/b.mp4 1\n";
    const latin1 = Uint8Array.from("a.mp4 0\nb\xe4r.mp4 1\n", (letter) => letter.charCodeAt(0));
    const utf32 = new Uint8Array(new Uint32Array([0xFEFF, 0x61]).buffer);
    const refused: [Uint8Array, RegExp][] = [
      [utf16(plain), /must be UTF-8, got UTF-16LE without a byte order mark; .*iconv -f UTF-16LE/],
      [utf16(plain, true), /got UTF-16BE without a byte order mark; .*iconv -f UTF-16BE -t UTF-8/],
      [utf16(`\uFEFF${plain}`).subarray(0, 41), /must be valid UTF-16LE, got broken/],
      [utf32, /must be UTF-8, got UTF-32LE; .*iconv -f UTF-32LE/],
      [latin1, /must be UTF-8, got line 2: "b\uFFFDr\.mp4 1"; .*iconv -f ISO-8859-1/],
    ];
    for (const [bytes, message] of refused) await assert.rejects(read(bytes), message);
  }));
