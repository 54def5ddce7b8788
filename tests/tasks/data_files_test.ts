import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { MPEG4, renderVideo, withFolder } from "../data/test_videos.ts";
import { PROGRAMS } from "../programs.ts";

const program = fileURLToPath(new URL("../../tasks/cli.ts", import.meta.url));

/** Starts `deno task data` in a folder. */
function start(folder: string, args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-check", "--allow-read", "--allow-write", "--allow-env", "--allow-sys"],
      ...[PROGRAMS, program, "data", ...args],
    ],
    cwd: folder,
    env: { VIDEOMS_CACHE: `${folder}/cache` },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs `deno task data`; gives its exit code, what it printed and what it said beside that. */
async function run(folder: string, ...args: string[]) {
  const { code, stdout, stderr } = await start(folder, args).output();
  const [printed, said] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, printed, said };
}

/** Three videos of which one is damaged and one only text, and a list that names one file twice. */
async function writeList(folder: string): Promise<void> {
  await Deno.mkdir(`${folder}/videos/deep`, { recursive: true });
  await renderVideo(`${folder}/videos/a.avi`, 40, ...MPEG4);
  await renderVideo(`${folder}/videos/deep/a.mp4`, 60, ...MPEG4);
  await Deno.writeTextFile(`${folder}/videos/text.mp4`, "no video");
  await renderVideo(`${folder}/videos/cut.avi`, 120, ...MPEG4);
  await Deno.truncate(`${folder}/videos/cut.avi`, 20_000);
  const names = [
    "deep/a.mp4 1",
    "a.avi 0",
    "text.mp4 2",
    "cut.avi 2",
    "gone.mp4 3",
    "deep/a.mp4 4",
  ];
  await Deno.writeTextFile(`${folder}/train.txt`, names.map((name) => `videos/${name}\n`).join(""));
}

Deno.test("data verify names bad files, keeps them in a file, and goes on where it was", () =>
  withFolder(async (folder) => {
    await writeList(folder);
    const first = await run(folder, "verify", "train.txt", "--bad", "bad.txt");
    assert.equal(first.code, 1, first.said);
    assert.match(
      first.said,
      /Cannot read all of train\.txt: every video must be intact, got 3 of 5 that are bad/,
    );
    assert.match(first.printed, /1 bad, truncated:\n {2}.*cut\.avi: \d+ of 120 frames/);
    assert.match(first.printed, /2 bad, unreadable:[^]*gone\.mp4: there is no such file/);
    const bad = (await Deno.readTextFile(`${folder}/bad.txt`)).trim().split("\n").sort();
    assert.deepEqual(bad, ["cut.avi", "gone.mp4", "text.mp4"].map((n) => `${folder}/videos/${n}`));
    const [name] = [...Deno.readDirSync(`${folder}/cache`)].map(({ name }) => name)
      .filter((name) => name.startsWith("video-checks-"));
    const checks = await Deno.readTextFile(`${folder}/cache/${name}`);
    assert.equal((await run(folder, "verify", "train.txt")).code, 1);
    const again = await Deno.readTextFile(`${folder}/cache/${name}`);
    assert.equal(again, checks, "nothing was checked twice");
    await Deno.writeTextFile(`${folder}/good.txt`, "videos/a.avi 0\n");
    assert.equal((await run(folder, "verify", "good.txt")).code, 0);
  }));

Deno.test("data prepare writes the list anew, without what failed, and tells what it did", () =>
  withFolder(async (folder) => {
    await writeList(folder);
    const { code, printed, said } = await run(folder, "prepare", "train.txt", "--out", "small");
    assert.equal(code, 0, said);
    const list = await Deno.readTextFile(`${folder}/small/train.txt`);
    assert.equal(list.split("\n").length, 4 + (list.includes("cut.mp4") ? 1 : 0));
    assert.match(list, /^deep\/a\.mp4 1\na\.mp4 0\n[^]*deep\/a\.mp4 4\n$/);
    assert.match(printed, /videos prepared in small \(\d now, 0 before\)[^]*text\.mp4/);
    assert.match(printed, /clips\/s before, .* after: [\d.]+ times as fast/);
    assert.match(printed, /next: deno task pretrain .* --annotations small\/train\.txt/);
    const second = await run(folder, "prepare", "train.txt", "--out", "small");
    assert.match(second.printed, /\(0 now, \d before\)/);
    assert.equal(await Deno.readTextFile(`${folder}/small/train.txt`), list);
    const own = await run(folder, "prepare", "train.txt", "--out", ".");
    assert.equal(own.code, 2);
    assert.match(own.said, /another folder than that of the list/);
    assert.equal((await run(folder, "prepare", "train.txt")).code, 2);
  }));

Deno.test("an interrupted data prepare leaves no half file and goes on", {
  ignore: Deno.build.os === "windows", // has no SIGINT for one process
}, () =>
  withFolder(async (folder) => {
    await renderVideo(`${folder}/a.mp4`, 20, ...MPEG4);
    await renderVideo(`${folder}/long.mp4`, 8000, ...MPEG4);
    await Deno.writeTextFile(`${folder}/list.txt`, "a.mp4 0\nlong.mp4 1\n");
    const child = start(folder, ["prepare", "list.txt", "--out", "small", "--workers", "1"]);
    let isOver = false;
    const output = child.output().finally(() => isOver = true);
    const names = () => [...Deno.readDirSync(`${folder}/small`)].map(({ name }) => name).sort();
    const begun = () => {
      try {
        return names().includes("long.mp4.tmp");
      } catch {
        return false; // the folder is not there yet
      }
    };
    while (!begun()) {
      assert.ok(!isOver, "it ended before it began");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    child.kill("SIGINT");
    assert.equal((await output).code, 130);
    assert.deepEqual(names(), [".lock", "a.mp4", "errors.jsonl", "prepared.jsonl"]);
    const { printed } = await run(folder, "prepare", "list.txt", "--out", "small");
    assert.match(printed, /2 videos prepared in small \(1 now, 1 before\), 0 failed/);
  }));
