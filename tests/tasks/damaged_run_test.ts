import assert from "node:assert/strict";
import { annotations, indexVideos } from "@videoms/data";
import { CheckpointStore } from "@videoms/data/files";
import { type PretrainTask, readLog } from "@videoms/tasks";
import { indexCache } from "../../data/cache/cache_files.ts";
import { pretrain } from "../../tasks/runs/pretrain/pretrain.ts";
import { noteDamage, reportDamage } from "../../tasks/runs/videos/damaged_videos.ts";
import { countsOf, type ResumeNote } from "../../tasks/runs/checkpoint/resume_note.ts";
import { damage } from "../data/fault_files.ts";
import { MPEG4, renderVideo } from "../data/test_videos.ts";
import { checkpointTensors, folder, registry, smallTask } from "./small_task.ts";

/** Devices and ffmpeg's caches outlive a test. */
const LASTING = { sanitizeOps: false, sanitizeResources: false };

/**
 * A list of 8 videos of which, since they were indexed, one became bad and one is damaged in its middle.
 *
 * @returns the list, and the two
 */
async function listWithDamage(): Promise<{ list: string; bad: string; damaged: string }> {
  const paths = Array.from({ length: 8 }, (_, i) => `${folder}/damaged-${i}.avi`);
  await renderVideo(paths[0], 40, ...MPEG4);
  for (const path of paths.slice(1)) await Deno.copyFile(paths[0], path);
  await indexVideos(paths, indexCache(assert.fail));
  const [bad, damaged] = [paths[2], paths[5]];
  for (const [path, from, bytes] of [[bad, 0, 1e9], [damaged, 0.5, 64]] as const) {
    const { mtime } = await Deno.stat(path);
    await damage(path, from, bytes);
    await Deno.utime(path, mtime!, mtime!);
  }
  const list = `${folder}/damaged.txt`;
  await Deno.writeTextFile(list, paths.map((path) => `${path} 0\n`).join(""));
  return { list, bad, damaged };
}

async function noteOf(task: PretrainTask): Promise<ResumeNote> {
  const { checkpoint } = await new CheckpointStore(`${task.out}/checkpoints`).find();
  return checkpoint!.info as unknown as ResumeNote;
}

/** What was replaced, step by step. */
async function replacedIn({ out }: PretrainTask): Promise<unknown[]> {
  const lines = await readLog(`${out}/log.jsonl`);
  return lines.filter(({ event }) => event === "replaced").map((
    { step, path, by },
  ) => [step, path, by]);
}

Deno.test({
  name:
    "a run over bad videos that was stopped and resumed replaces the same clips, and names the videos",
  ...LASTING,
  fn: async () => {
    const { list, bad, damaged } = await listWithDamage();
    const task = (out: string) =>
      smallTask(out, {
        data: { dataset: annotations({ train: list }), maxReplaced: 0.3, heldOutClips: 0 },
        epochs: 4,
      });
    const [whole, stopped] = [task("bad-whole"), task("bad-stopped")];
    await pretrain(whole, registry);
    const stop = new AbortController();
    const watch = setInterval(async () => {
      const text = await Deno.readTextFile(`${stopped.out}/log.jsonl`).catch(() => "");
      if (/"event":"step","step":[3-5]/.test(text)) stop.abort();
    }, 1);
    const first = await pretrain(stopped, registry, { signal: stop.signal });
    clearInterval(watch);
    assert.ok(first.stopped && first.steps < 8, `${first.steps}`);
    await pretrain(stopped, registry);
    const replaced = await replacedIn(whole);
    assert.ok(replaced.length >= 4, "the bad one is drawn in every epoch");
    assert.deepEqual(await replacedIn(stopped), replaced);
    assert.deepEqual(await checkpointTensors(stopped, 8), await checkpointTensors(whole, 8));
    const { counts } = await noteOf(stopped);
    assert.deepEqual(counts, (await noteOf(whole)).counts);
    assert.deepEqual(Object.keys(counts.damaged).sort(), [bad, damaged]);
    assert.ok(counts.damaged[bad].clips >= 4);
  },
});

Deno.test("a bad video is told of once, and at the end with what it cost", () => {
  const lines: string[] = [];
  const logged: unknown[] = [];
  const run = {
    counts: countsOf(null),
    log: { append: (entry: unknown) => void logged.push(entry) },
    folder: { path: "runs/a" },
  };
  const print = (text: string) => void lines.push(text);
  reportDamage(run, 0, print);
  for (const [step, path] of ["/a.mp4", "/b.mp4", "/a.mp4"].entries()) {
    run.counts.clips += 8;
    const error = `broken at ${step}`;
    noteDamage(run, { replaced: [{ path, error, position: 0, by: "/c.mp4" }] }, step, print);
  }
  assert.equal(logged.length, 3);
  reportDamage(run, 3, print);
  assert.deepEqual(lines.map((line) => line.split(" (")[0]), [
    "Replaced a clip of /a.mp4",
    "Replaced a clip of /b.mp4",
    "3 of 24 clips could not be decoded and were replaced; runs/a/log.jsonl names them. They were of " +
    "2 videos, which --exclude leaves out:\n  /a.mp4: 2",
  ]);
  assert.match(lines[2], /\/a\.mp4: 2 \(broken at 0\)\n {2}\/b\.mp4: 1 \(broken at 1\)$/);
});
