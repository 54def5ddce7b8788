import assert from "node:assert/strict";
import { decode } from "fast-png";
import { loggedMetrics, openLog, tensorboard, withLogger } from "@videoms/data";
import { createCanvas, writePng } from "@videoms/data/pictures";
import { readLog } from "@videoms/tasks";
import { finetune } from "../../../tasks/runs/finetune/finetune.ts";
import { pretrain } from "../../../tasks/runs/pretrain/pretrain.ts";
import { loggedRun } from "../../data/loggers/logged_run.ts";
import { withFolder } from "../../data/test_videos.ts";
import { eventFiles, readEvents, shownValues } from "../../data/loggers/event_files.ts";
import { registry, smallFinetune, smallTask, stepLines, valuesOf } from "../small_task.ts";

/** Devices and ffmpeg's caches outlive a test. */
const LASTING = { sanitizeOps: false, sanitizeResources: false };

Deno.test("an independent reader finds the numbers, pictures and text that were logged", () =>
  withFolder(async (folder) => {
    const picture = `${folder}/a.png`;
    await writePng(picture, createCanvas(300, 2, [10, 20, 30]));
    const run = loggedRun(folder, { task: { name: "größe", batch: 4 } });
    const log = await withLogger(await openLog(`${folder}/log.jsonl`), tensorboard.create({}), run);
    log.append({ event: "unreadable", path: "x", error: "y" });
    log.append({ event: "step", step: 2 ** 33, metrics: loggedMetrics({ loss: 0.1, bad: NaN }) });
    log.append({
      event: "validation",
      step: 3,
      metrics: [
        ...loggedMetrics({ loss: -2 }, { weights: "last-average" }),
        ...loggedMetrics({ top1: 0.5 }, { head: "linear" }),
      ],
    });
    log.append({ event: "picture", step: 3, path: picture });
    log.close();
    log.close();
    const [file] = eventFiles(folder);
    const events = readEvents(await Deno.readFile(file));
    assert.equal(events[0].fileVersion, "brain.Event:2");
    assert.deepEqual([events[1].sessionLog, events[1].step], [{ status: "START" }, 0]);
    assert.ok(events.every(({ wallTime }) => Math.abs(wallTime - Date.now() / 1000) < 60));
    const shown = shownValues(folder);
    assert.deepEqual([...shown.keys()].sort(), [
      "picture",
      "step/bad",
      "step/loss",
      "task",
      "validation/last-average/loss",
      "validation/linear/top1",
    ]);
    const only = (tag: string) => shown.get(tag)![0];
    assert.deepEqual(
      [only("step/loss").step, only("step/loss").value.simpleValue],
      [2 ** 33, Math.fround(0.1)],
    );
    assert.ok(Number.isNaN(only("step/bad").value.simpleValue));
    assert.equal(only("validation/last-average/loss").value.simpleValue, -2);
    const { image } = only("picture").value;
    assert.deepEqual([image!.width, image!.height, image!.colorspace], [300, 2, 3]);
    assert.deepEqual([...decode(image!.encodedImageString).data.slice(0, 3)], [10, 20, 30]);
    const { tensor, metadata } = only("task").value;
    assert.equal(metadata!.pluginData.pluginName, "text");
    assert.equal(tensor!.dtype, 7);
    assert.match(new TextDecoder().decode(tensor!.stringVal[0]), /"name": "größe"/);
  }));

Deno.test("each start has a file of its own, and steps that come again are shown once", () =>
  withFolder(async (folder) => {
    for (const [done, steps] of [[0, [0, 1, 2, 3]], [2, [3, 4]], [4, [5]]] as const) {
      const run = loggedRun(folder, { step: done });
      const plain = await openLog(`${folder}/log.jsonl`);
      const log = await withLogger(plain, tensorboard.create({}), run);
      for (const step of steps) {
        log.append({ event: "step", step, metrics: loggedMetrics({ loss: 10 * done + step }) });
      }
      log.close();
    }
    assert.equal(eventFiles(folder).length, 3);
    const shown = shownValues(folder).get("step/loss")!;
    assert.deepEqual(shown.map(({ step }) => step), [0, 1, 2, 3, 4, 5]);
    assert.deepEqual(shown.map(({ value }) => value.simpleValue), [0, 1, 2, 23, 24, 45]);
  }));

Deno.test("a file that a killed process left can be read up to its last whole event", () =>
  withFolder(async (folder) => {
    const plain = await openLog(`${folder}/log.jsonl`);
    const log = await withLogger(plain, tensorboard.create({}), loggedRun(folder));
    log.append({ event: "step", step: 1, metrics: loggedMetrics({ loss: 1 }) });
    const [file] = eventFiles(folder);
    assert.equal(readEvents(await Deno.readFile(file)).length, 4); // while it is open
    log.close();
  }));

/** Every number of a log's measuring lines, with the precision of event files. */
async function loggedNumbers(out: string, field: string): Promise<[number, number][]> {
  const [event, name] = field.split("/");
  return (await readLog(`${out}/log.jsonl`))
    .filter((line) => line.event === event && name in valuesOf(line))
    .map((line) => [line.step as number, Math.fround(valuesOf(line)[name])]);
}

function shownNumbers(out: string, tag: string): [number, number][] {
  return shownValues(out).get(tag)!.map(({ step, value }) => [step, value.simpleValue!]);
}

Deno.test({
  name: "runs write what their log has, also those that were stopped in the middle",
  ...LASTING,
  fn: async () => {
    const task = smallTask("events-pretrain", { pictureEvery: 1 });
    const stop = new AbortController();
    const watch = setInterval(async () => {
      const lines = await stepLines(task.out!).catch(() => []);
      if (lines.length >= 4) stop.abort();
    }, 5);
    try {
      assert.ok((await pretrain(task, registry, { signal: stop.signal })).stopped);
    } finally {
      clearInterval(watch);
    }
    await pretrain(task, registry);
    assert.equal(eventFiles(task.out!).length, 2);
    for (const tag of ["step/loss", "step/learningRate", "step/residentBytes", "evaluation/loss"]) {
      const wanted = await loggedNumbers(task.out!, tag);
      assert.ok(wanted.length > 0, tag);
      assert.deepEqual(shownNumbers(task.out!, tag), wanted, tag);
    }
    const pictures = shownValues(task.out!).get("picture")!;
    assert.deepEqual(pictures.map(({ step }) => step), [3, 6, 9]);

    const tuned = smallFinetune("events-finetune", { epochs: 1 });
    await finetune(tuned, registry);
    for (const tag of ["step/loss", "validation/loss", "validation/top1"]) {
      assert.deepEqual(shownNumbers(tuned.out!, tag), await loggedNumbers(tuned.out!, tag), tag);
    }
  },
});
