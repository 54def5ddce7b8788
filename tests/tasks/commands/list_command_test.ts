import { readAnnotations } from "@videoms/data";
import assert from "node:assert/strict";
import { runCommandLine } from "../../../tasks/commands/line/run_command_line.ts";
import { command } from "../../../tasks/commands/data/list_command.ts";
import { writeLists } from "../../../data/lists/write_lists.ts";
import { tree, UCF, UCF_VIDEOS, videos } from "../../data/list_trees.ts";
import { withFolder } from "../../data/test_videos.ts";
import { recordingOutput } from "../recording_output.ts";

Deno.test("a folder of lists: one for each part that has a video, classes, what is missing", () =>
  withFolder(async (folder) => {
    await videos(folder, "in/a b.mp4", "in/c.mp4");
    const listed = ["a b", "c"].map((name, label) => ({ path: `${folder}/in/${name}.mp4`, label }));
    const lists = [
      { name: "train", videos: listed, missing: ["a/gone.mp4"] },
      { name: "test", videos: [], missing: ["b/lost.mp4"] },
    ];
    const skipped = [["x.txt", "not named like a video"], [".y", "hidden"]]
      .map(([name, why]) => ({ path: `/in/${name}`, why }));
    const lines = await writeLists({ classes: ["a", "b"], lists, skipped }, folder);
    assert.deepEqual(lines.split("\n"), [
      `${folder}: train.txt 2 videos; no test.txt, 0 videos; 2 classes; 2 missing, listed in missing.txt`,
      "2 skipped, listed in passed_over.txt:",
      "  1 not named like a video: /in/x.txt",
      "  1 hidden: /in/.y",
    ]);
    assert.equal(
      await Deno.readTextFile(`${folder}/passed_over.txt`),
      "not named like a video: /in/x.txt\nhidden: /in/.y\n",
    );
    assert.equal((await readAnnotations(`${folder}/train.txt`)).length, 2);
    assert.equal(await Deno.readTextFile(`${folder}/classes.txt`), "a\nb\n");
    const missing = await Deno.readTextFile(`${folder}/missing.txt`);
    assert.equal(missing, "train a/gone.mp4\ntest b/lost.mp4\n");
  }));

/** Runs `data list` and gives its exit code and complaints. */
async function list(...args: string[]): Promise<{ code: number; said: string }> {
  const output = recordingOutput();
  const code = await runCommandLine(
    { name: "deno task data", summary: "", commands: { list: command } },
    ["list", ...args],
    { output, debug: false, signal: new AbortController().signal },
  );
  return { code, said: output.all.join("") };
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
      /1 missing: ApplyEyeMakeup\/v_ApplyEyeMakeup_g08_c01\.avi/,
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
