import { benchReport, benchText, findFfmpeg, waitShare } from "@videoms/data";
import assert from "node:assert/strict";
import { loopLag, watchLoopLag } from "../../../data/loader/event_loop_lag.ts";
import { measureLoader } from "../../../tasks/commands/data/measure_loader.ts";
import { MPEG4, recordOf, renderVideo, withFolder } from "../../data/test_videos.ts";

Deno.test("a device that is slow does not wait, and one that takes all waits", () =>
  withFolder(async (folder) => {
    await renderVideo(`${folder}/a.mp4`, 40, ...MPEG4);
    const bench = {
      records: [await recordOf(`${folder}/a.mp4`)],
      ...{ clips: 12, batch: 2, frames: 4, stride: 4, size: 32, processes: 1 },
      tools: await findFfmpeg(),
      signal: new AbortController().signal,
    };
    const fast = await measureLoader(bench);
    assert.equal(fast.clips, 12);
    assert.equal(fast.groups.reduce((sum, { clips }) => sum + clips, 0), 12);
    for (const { processMs, readMs } of fast.groups) assert.ok(processMs > 0 && readMs >= 0);
    assert.ok(fast.waiting <= fast.running && fast.running <= fast.seconds);
    const slow = await measureLoader({ ...bench, device: 20 });
    assert.ok(slow.seconds >= 12 / 20, "the device sets the pace");
    assert.ok(slow.waiting < 0.5 * slow.running, `waited ${slow.waiting} of ${slow.running} s`);
  }));

Deno.test("the stages of a report add up to the time of all processes", () => {
  const lag = { p50: 1, p99: 5 };
  const group = { clips: 8, processMs: 900, readMs: 50 };
  const pass = { clips: 16, seconds: 1, running: 0.5, waiting: 0.1, groups: [group, group], lag };
  const report = benchReport({ ...pass, seconds: 2 }, pass, { processes: 2, startMs: 100 });
  const { start, decode, read, handOver } = report.msPerClip;
  assert.deepEqual([start, decode, read], [200 / 16, 1600 / 16, 100 / 16]);
  assert.equal(start + decode + read + handOver, 2000 / 16);
  assert.deepEqual([report.clipsPerSecondAndCore, report.clipsPerSecond], [8, 16]);
  const text = benchText({ ...report, device: { clipsPerSecond: 60, waitShare: 0.25 } });
  assert.match(text, /8\.0 clips\/s with one process, 16\.0 clips\/s end to end with 2/);
  assert.match(text, /start of ffmpeg +12\.5 ms +10 %/);
  assert.match(text, /a device of 60 clips\/s waits for data 25\.0 % of its time/);
});

Deno.test("a device that is quicker than the loader waits, however much was decoded ahead", () => {
  assert.equal(waitShare({ waiting: 0, running: 2 }, 8, 10), 1 - 8 / 10);
  assert.equal(waitShare({ waiting: 0.5, running: 2 }, 8, 10), 0.25);
  assert.equal(waitShare({ waiting: 0, running: 2 }, 12, 10), 0);
});

Deno.test("timers that are held up are noticed", async () => {
  const watch = watchLoopLag();
  const pause = () => new Promise((resolve) => setTimeout(resolve, 15));
  for (let i = 0; i < 3; i++) {
    await pause();
    const end = performance.now() + 40;
    while (performance.now() < end); // nothing else has its turn
  }
  await pause();
  watch.stop();
  assert.ok(loopLag(watch.take()).p99 > 15);
  assert.deepEqual(watch.take(), []);
});
