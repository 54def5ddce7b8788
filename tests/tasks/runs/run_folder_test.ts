import { createRegistry, definePlugin } from "@videoms/core";
import { annotations } from "@videoms/data";
import assert from "node:assert/strict";
import { join } from "node:path";
import { type LogEntry, readLog, textOutput } from "@videoms/tasks";
import { openRunFolder, type RunFolder } from "../../../tasks/runs/folder/run_folder.ts";
import { taskDifference } from "../../../tasks/runs/folder/task_difference.ts";

const TASK = {
  keepCheckpoints: 2,
  seed: 0,
  backend: "wasm",
  data: { workers: 0, samplingRate: 4 },
  masking: { kind: "masking", name: "tube", options: { maskRatio: 0.9 } },
};

async function inTempFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "run folder " });
  try {
    await body(folder);
  } finally {
    await Deno.chmod(folder, 0o700);
    await Deno.remove(folder, { recursive: true });
  }
}

async function begunFolder(path: string): Promise<RunFolder> {
  const run = await openRunFolder(path, TASK);
  await run.begin();
  return run;
}

Deno.test("a folder that was made for a run that never began goes, with what was there it stays", () =>
  inTempFolder(async (parent) => {
    const path = join(parent, "new");
    (await openRunFolder(path, TASK))[Symbol.dispose]();
    await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
    await Deno.mkdir(path);
    (await openRunFolder(path, TASK))[Symbol.dispose]();
    await Deno.stat(path);
    const run = await begunFolder(path);
    run[Symbol.dispose]();
    run[Symbol.dispose]();
    assert.deepEqual((await readJson(join(path, "task.json"))).task, TASK);
  }));

async function readJson(path: string) {
  return JSON.parse(await Deno.readTextFile(path));
}

Deno.test("a new run folder gets a record with task, versions and facts", () =>
  inTempFolder(async (parent) => {
    const path = join(parent, "a", "b");
    using run = await openRunFolder(path, TASK);
    assert.equal(run.earlier, null);
    await run.begin();
    await run.note({ device: "wasm: SIMD", dataHash: "abc" });
    const record = await readJson(join(path, "task.json"));
    assert.deepEqual(record.task, TASK);
    assert.equal(record.versions.deno, Deno.version.deno);
    assert.match(record.versions.tfjs, /^4\./);
    assert.match(record.versions.videoms, /^\d+\.\d+\.\d+/);
    assert.equal(record.device, "wasm: SIMD");
    assert.ok((await run.file("pictures", "a.png")).endsWith(join("pictures", "a.png")));
    assert.ok((await Deno.stat(join(path, "pictures"))).isDirectory);
  }));

Deno.test("lines of the log are told as they are written, and a listener that fails stops nothing", () =>
  inTempFolder(async (path) => {
    const told: LogEntry[] = [];
    const said: string[] = [];
    const onLog = (line: LogEntry) => {
      told.push(line);
      if (line.step === 2) throw new Error("no chart");
    };
    using run = await openRunFolder(path, TASK, {
      onLog,
      output: textOutput((line) => said.push(line)),
    });
    await run.begin();
    const log = await run.openLog(0);
    for (const step of [1, 2, 3]) log.append({ event: "step", step });
    log.close();
    const unwritten = "Cannot write to onLog: no chart. The work goes on";
    const { time, ...last } = told.at(-1)!;
    assert.deepEqual(last, { event: "unwritten", what: unwritten });
    assert.ok(Math.abs(Date.parse(String(time)) - Date.now()) < 60_000);
    assert.deepEqual(told, await readLog(join(path, "log.jsonl")));
    assert.deepEqual(said, [unwritten]);
  }));

Deno.test("a run is resumed when only free fields differ", () =>
  inTempFolder(async (path) => {
    const first = await begunFolder(path);
    await first.note({ device: "one" });
    first[Symbol.dispose]();
    const changed = {
      ...TASK,
      backend: "cpu",
      keepCheckpoints: 1,
      data: { ...TASK.data, workers: 3 },
    };
    using run = await openRunFolder(path, changed);
    assert.ok(run.earlier);
    await run.begin();
    const record = await readJson(join(path, "task.json"));
    assert.deepEqual(record.task, changed);
    assert.equal(record.resumed.length, 1);
    assert.equal(record.device, "one");
  }));

Deno.test("a run of another task is refused with the differing fields and both values", () =>
  inTempFolder(async (path) => {
    (await begunFolder(path))[Symbol.dispose]();
    const other = { ...TASK, seed: 1, masking: { ...TASK.masking, options: { maskRatio: 0.75 } } };
    await assert.rejects(openRunFolder(path, other), (error: Error) => {
      assert.match(error.message, /seed was 0 and is now 1/);
      assert.match(error.message, /masking\.options\.maskRatio was 0\.9 and is now 0\.75/);
      assert.match(error.message, /--out.*--fresh/);
      return true;
    });
    (await openRunFolder(path, TASK))[Symbol.dispose](); // the refusal let go of the lock
  }));

Deno.test("--fresh deletes what the earlier run wrote and nothing else", () =>
  inTempFolder(async (path) => {
    const first = await begunFolder(path);
    await first.checkpoints.save(3, [new Uint8Array([1])], null);
    const log = await first.openLog(0);
    log.append({ step: 1 });
    log.close();
    first[Symbol.dispose]();
    await Deno.writeTextFile(join(path, "notes.md"), "mine");
    const other = { ...TASK, seed: 7 };
    using run = await openRunFolder(path, other, { fresh: true });
    assert.equal(run.earlier, null);
    await Deno.stat(join(path, "log.jsonl")); // until the run begins
    await run.begin();
    assert.equal((await run.checkpoints.find()).checkpoint, null);
    assert.equal(await Deno.readTextFile(join(path, "notes.md")), "mine");
    await assert.rejects(Deno.stat(join(path, "log.jsonl")), Deno.errors.NotFound);
  }));

Deno.test("a folder that holds something else is refused, fresh or not", () =>
  inTempFolder(async (path) => {
    await Deno.writeTextFile(join(path, "thesis.tex"), "");
    for (const fresh of [false, true]) {
      await assert.rejects(
        openRunFolder(path, TASK, { fresh }),
        /empty or hold a run.*thesis\.tex/,
      );
    }
  }));

Deno.test("a damaged task.json is refused, and --fresh helps", () =>
  inTempFolder(async (path) => {
    await Deno.writeTextFile(join(path, "task.json"), '{"task": {"se');
    await assert.rejects(openRunFolder(path, TASK), /damaged file.*--fresh/);
    (await openRunFolder(path, TASK, { fresh: true }))[Symbol.dispose]();
  }));

Deno.test("a path that cannot be a run folder is refused in one paragraph", () =>
  inTempFolder(async (path) => {
    const file = join(path, "file");
    await Deno.writeTextFile(file, "");
    for (const wrong of [file, join(file, "below")]) {
      await assert.rejects(openRunFolder(wrong, TASK), (error: Error) => {
        assert.match(error.message, /can be written to.*--out/);
        assert.ok(!error.message.includes("\n"));
        return true;
      });
    }
  }));

Deno.test("two runs cannot hold one folder", () =>
  inTempFolder(async (path) => {
    const run = await openRunFolder(path, TASK);
    await assert.rejects(
      openRunFolder(path, TASK),
      new RegExp(`only one process.*process ${Deno.pid}`),
    );
    run[Symbol.dispose]();
    run[Symbol.dispose]();
    (await openRunFolder(path, TASK))[Symbol.dispose]();
  }));

Deno.test("a lock ends with its process, even when that is killed", () =>
  inTempFolder(async (path) => {
    const lockModule = new URL("../../../data/files/mod.ts", import.meta.url).href;
    const script = join(path, "hold.ts");
    await Deno.writeTextFile(
      script,
      `import { lockFolder } from ${JSON.stringify(lockModule)};
      await lockFolder(${JSON.stringify(path)}, "run in");
      console.log("held");
      await new Promise((done) => setTimeout(done, 60_000));`,
    );
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--allow-read", "--allow-write", script],
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    await Deno.remove(script);
    await assert.rejects(openRunFolder(path, TASK), new RegExp(`process ${child.pid}`));
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    (await openRunFolder(path, TASK))[Symbol.dispose]();
  }));

Deno.test("task differences ignore the order of keys and name missing fields", () => {
  assert.deepEqual(taskDifference({ a: 1, b: { c: [1, 2] } }, { b: { c: [1, 2] }, a: 1 }), []);
  assert.deepEqual(taskDifference({ a: 1 }, { b: 2 }), [
    { path: "b", saved: undefined, wanted: 2 },
    { path: "a", saved: 1, wanted: undefined },
  ]);
  // What was saved before a field existed did without it, wherever the field is.
  assert.deepEqual(taskDifference({ settings: { a: 1 } }, { settings: { a: 1, b: null } }), []);
  assert.deepEqual(taskDifference({}, { precision: "f32" }), []); // older than the field
  assert.deepEqual(taskDifference({}, { precision: "f16" }), [
    { path: "precision", saved: "f32", wanted: "f16" },
  ]);
});

Deno.test("a run that is older than an option of a plugin, of ours or of others, is the run that does the same", () => {
  const { share: _, numbers: __, ...options } = annotations({ train: "a.txt" }).options;
  const older = { data: { dataset: { ...annotations(), options } } };
  const newer = (share: number) => ({ data: { dataset: annotations({ train: "a.txt", share }) } });
  assert.deepEqual(taskDifference(older, newer(1)), []);
  assert.deepEqual(taskDifference(older, newer(0.5)), [
    { path: "data.dataset.options.share", saved: 1, wanted: 0.5 },
  ]);
  const mixed = (one: object) => ({ sets: [{ dataset: one }] });
  assert.deepEqual(taskDifference(mixed(older.data.dataset), mixed(newer(1).data.dataset)), []);
  const theirs = definePlugin({
    kind: "frames",
    name: "theirs",
    summary: "",
    defaults: { stride: 1, shift: 0 },
    earlier: { shift: 0 },
    create: () => null,
  });
  const before = { frames: { kind: "frames", name: "theirs", options: { stride: 1 } } };
  assert.equal(taskDifference(before, { frames: theirs() }).length, 1); // who does not know it
  const registry = createRegistry([theirs]);
  assert.deepEqual(taskDifference(before, { frames: theirs() }, registry), []);
  assert.equal(taskDifference(before, { frames: theirs({ shift: 2 }) }, registry).length, 1);
});

Deno.test("a relative path that leads nowhere from here may have moved, another one may not", () => {
  const moved = "no/such/place/run";
  assert.deepEqual(taskDifference({ from: moved }, { from: `/elsewhere/${moved}` }), []);
  assert.equal(taskDifference({ from: moved }, { from: "/elsewhere/other/run" }).length, 1);
  // tasks/cli.ts is here, so the one elsewhere is another.
  assert.equal(
    taskDifference({ from: "tasks/cli.ts" }, { from: "/elsewhere/tasks/cli.ts" }).length,
    1,
  );
});
