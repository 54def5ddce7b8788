import assert from "node:assert/strict";
import { memory } from "@tensorflow/tfjs-core";
import {
  type ScoreSummary,
  summarizeScores,
  swappedClasses,
  type VideoAccuracy,
} from "@videoms/models";
import { runCommandLine } from "../../../tasks/commands/line/run_command_line.ts";
import { mergeScores, type NamedScores } from "../../../tasks/evaluation/evaluate/merge_scores.ts";
import { readScores } from "../../../tasks/evaluation/evaluate/scores_file.ts";
import {
  evaluate,
  type EvaluateOptions,
  type Evaluation,
} from "../../../tasks/evaluation/evaluate/evaluate.ts";
import { CONTROLS } from "../../../tasks/evaluation/evaluate/control.ts";
import { report } from "../../../tasks/compare/report/report.ts";
import { command } from "../../../tasks/commands/evaluate_command.ts";
import { finetune, type FinetuneResult } from "../../../tasks/runs/finetune/finetune.ts";
import { recordingOutput } from "../recording_output.ts";
import { folder, registry, smallFinetune } from "../small_task.ts";

/** Devices and ffmpeg's caches outlive a test. */
const LASTING = { sanitizeOps: false, sanitizeResources: false };

const task = smallFinetune("evaluated", { optimizer: { emaDecay: 0.8 } });
let trained: Promise<FinetuneResult> | undefined;

/** Evaluates the one classifier of this file, which the first test to come trains. */
async function evaluateSmall(
  options: EvaluateOptions,
): Promise<Evaluation & { summary: ScoreSummary | null }> {
  await (trained ??= finetune(task, registry));
  const evaluation = await evaluate(task.out!, registry, { backend: "wasm", ...options });
  return evaluation as Evaluation & { summary: ScoreSummary | null };
}

/** Runs `evaluate` with arguments and gives its exit code and what it said. */
async function run(...args: string[]): Promise<{ code: number; said: string }> {
  const output = recordingOutput();
  const program = { name: "deno task", summary: "", commands: { evaluate: command } };
  const signal = new AbortController().signal;
  const code = await runCommandLine(program, ["evaluate", ...args], {
    output,
    debug: false,
    signal,
  });
  return { code, said: output.all.join("") };
}

Deno.test({
  name: "an evaluation leaves scores, figures and a picture, and no tensors",
  ...LASTING,
  fn: async () => {
    const { validation } = await (trained ??= finetune(task, registry));
    const before = memory().numTensors;
    const evaluation = await evaluateSmall({});
    assert.equal(memory().numTensors, before);
    const { summary, scores, done } = evaluation;
    assert.equal(evaluation.folder, `${task.out}/evaluation/held-out-last-step9-2x3`);
    assert.deepEqual(
      [...Deno.readDirSync(evaluation.folder)].map(({ name }) => name).sort(),
      ["confusion.png", "evaluation.json", "scores.safetensors"],
    );
    assert.deepEqual([done.views, summary!.videos, scores.entries.row.length], [24, 4, 24]);
    const json = JSON.parse(await Deno.readTextFile(`${evaluation.folder}/evaluation.json`));
    assert.deepEqual([json.top1, json.meanClass], [summary!.top1, summary!.meanClass]);
    assert.deepEqual(summarizeScores(await readScores(evaluation.file)), summary);

    // The same again has nothing left to do.
    const again = await evaluateSmall({});
    assert.equal(again.done.views, 0);
    assert.deepEqual(again.summary, summary);

    // One view is what validation looks at.
    const centre = await evaluateSmall({ segments: 1, crops: 1 });
    const { top1, topK } = validation!.weights as VideoAccuracy;
    assert.deepEqual([centre.summary!.top1, centre.summary!.topK], [top1, topK]);
  },
});

/** Summaries of the same clips in other batches: what is counted is the same, means may differ in their last bits. */
function assertSame(
  { calibrationError: got, ...found }: Partial<ScoreSummary>,
  { calibrationError: wanted, ...expected }: Partial<ScoreSummary>,
): void {
  assert.deepEqual(found, expected);
  assert.ok(Math.abs(got! - wanted!) < 1e-6, `${got} in place of ${wanted}`);
}

Deno.test({
  name: "fewer views re-scored are what their evaluation gives",
  ...LASTING,
  fn: async () => {
    const many = await evaluateSmall({ split: "train", segments: 3, crops: 3 });
    // Of 3 segments the outer two are the segments of an evaluation with 2.
    const few = await evaluateSmall({ split: "train", segments: 2, crops: 3 });
    const rescored = summarizeScores(many.scores, { segments: [0, 2] });
    const { views: _, ...figures } = few.summary! as ScoreSummary;
    const { views: __, ...again } = rescored;
    assertSame(again, figures);
  },
});

Deno.test({
  name: "merged shards are the whole, and an evaluation goes on from what is there",
  ...LASTING,
  fn: async () => {
    const options = { split: "train", segments: 2, crops: 1, weights: "best-average" } as const;
    const whole = await evaluateSmall(options);
    const out = `${folder}/shards`;
    const shards: NamedScores[] = [];
    for (const index of [2, 1]) {
      const { file, summary } = await evaluateSmall({
        ...options,
        out,
        shard: { index, count: 2 },
      });
      assert.equal(summary!.videos, 6);
      shards.push({ name: file, scores: await readScores(file) });
    }
    const all = whole.summary as ScoreSummary;
    assertSame(summarizeScores(mergeScores(shards)), all);
    const merge = shards.flatMap(({ name }) => ["--merge", name]);
    const { code, said } = await run(...merge);
    assert.deepEqual([code, /12 videos, 2 views each/.test(said)], [0, true], said);
    assertSame(summarizeScores(await readScores(`${out}/scores.safetensors`)), all);
    const half = await run(...merge.slice(0, 2));
    assert.match(half.said, /6 videos that lack views: row 0 /);

    const resumed = `${folder}/resumed`;
    await Deno.mkdir(resumed);
    await Deno.copyFile(shards[1].name, `${resumed}/scores.safetensors`);
    const rest = await evaluateSmall({ ...options, out: resumed });
    assert.equal(rest.done.views, 12);
    assertSame(rest.summary as ScoreSummary, all);
  },
});

Deno.test({
  name: "an evaluation that was stopped keeps its scores and goes on",
  ...LASTING,
  fn: async () => {
    const options = { split: "train", batch: 1 } as const;
    const whole = await evaluateSmall(options);
    const stop = new AbortController();
    const out = `${folder}/stopped`;
    const watch = setInterval(() => {
      // The folder is made right before the first view is decoded.
      if ([...Deno.readDirSync(folder)].some(({ name }) => name === "stopped")) stop.abort();
    }, 1);
    const stopped = await evaluateSmall({ ...options, out, signal: stop.signal });
    clearInterval(watch);
    assert.equal(stopped.summary, null);
    assert.ok(stopped.unfinished > 0 && stopped.done.views < 72);
    const { summary, done } = await evaluateSmall({ ...options, out });
    assert.equal(done.views, 72 - stopped.done.views);
    assertSame(summary as ScoreSummary, whole.summary as ScoreSummary);
  },
});

Deno.test({
  name: "scores of another evaluation are not gone on from, unless it starts anew",
  ...LASTING,
  fn: async () => {
    const out = `${folder}/other`;
    await evaluateSmall({ out, segments: 1, crops: 1 });
    await assert.rejects(
      evaluateSmall({ out, segments: 1, crops: 1, weights: "last-average" }),
      /the same one, got \(there and now\) weights "last" and "last-average"\. .*--fresh/,
    );
    const fresh = await evaluateSmall({ out, segments: 2, crops: 1, fresh: true });
    assert.equal(fresh.done.views, 8);
    await Deno.writeTextFile(fresh.file, "not scores");
    await assert.rejects(evaluateSmall({ out }), /must be a whole score file.*--fresh/);
  },
});

Deno.test({
  name: "videos that cannot be read stay in the denominator and are named",
  ...LASTING,
  fn: async () => {
    const { scores: { videos } } = await evaluateSmall({ segments: 1, crops: 1 });
    const place = `${folder}/damaged`;
    await Deno.mkdir(place);
    const lines = await Promise.all(videos.map(async ({ path, label }, row) => {
      await Deno.copyFile(path, `${place}/${row}.mp4`);
      return `${row}.mp4 ${label}\n`;
    }));
    await Deno.writeTextFile(`${place}/broken.mp4`, "no video");
    lines.splice(1, 0, "broken.mp4 3\n");
    const annotations = `${place}/list.txt`;
    await Deno.writeTextFile(annotations, lines.join(""));
    const options = { annotations, segments: 1, crops: 2 };
    const first = await evaluateSmall({ ...options, out: `${place}/a` });
    assert.deepEqual(first.scores.videos.map(({ label }) => label), [
      videos[0].label,
      3,
      ...videos.slice(1).map(({ label }) => label),
    ]);
    assert.deepEqual([first.summary!.videos, first.summary!.confusion.length], [5, 100]);
    assert.deepEqual(first.summary!.unreadable.map(({ row }) => row), [1]);

    // A file that looks sound, by its size and age, and cannot be decoded.
    const hollow = `${place}/2.mp4`;
    const { size, mtime } = await Deno.stat(hollow);
    await Deno.writeFile(hollow, new Uint8Array(size));
    await Deno.utime(hollow, mtime!, mtime!);
    const second = await evaluateSmall({ ...options, out: `${place}/b` });
    const { summary } = second;
    assert.deepEqual(summary!.unreadable.map(({ row }) => row), [1, 3]);
    assert.equal(summary!.videos, 5);
    assert.equal(second.scores.failed.length, 4);
    const right = summary!.perClass.reduce((sum, one) => sum + one.right, 0);
    assert.equal(summary!.top1, right / 5);
    const { code, said } = await run("--rescore", second.file, "--use-crops", "1");
    assert.equal(code, 0);
    assert.match(said, /unreadable +2 of 5, counted as missed/);
    assert.match(said, new RegExp(`row 3 {2}${hollow}`));
  },
});

Deno.test({
  name: "controls change what is seen and nothing else, and stand beside the evaluation",
  ...LASTING,
  fn: async () => {
    const options = { split: "train", segments: 2, crops: 1, batch: 5 } as const;
    const logitsOf = async (more: Partial<EvaluateOptions>) => {
      const { scores: { entries } } = await evaluateSmall({ ...options, ...more });
      return Array.from(entries.logits);
    };
    const largest = (a: readonly number[], b: readonly number[]) =>
      Math.max(...a.map((value, i) => Math.abs(value - b[i])));
    const whole = await logitsOf({});
    for (const control of CONTROLS) {
      assert.ok(largest(await logitsOf({ control }), whole) > 1e-4, control);
    }
    // The same clips in other batches are shuffled alike.
    const out = `${folder}/alone`;
    const shuffled = [
      await logitsOf({ control: "shuffled" }),
      await logitsOf({ control: "shuffled", out, batch: 1 }),
    ];
    assert.ok(largest(shuffled[0], shuffled[1]) < 1e-5);
    assert.deepEqual(
      [...Deno.readDirSync(`${task.out}/evaluation`)].map(({ name }) => name)
        .filter((name) => name.startsWith("train-last-step9-2x1")).sort(),
      ["", ...CONTROLS.map((control) => `-${control}`)].sort()
        .map((control) => `train-last-step9-2x1${control}`),
    );
    // The true evaluation of the command is the one that is there.
    const { code, said } = await run(
      ...[task.out!, "--split", "train", "--segments", "2", "--crops", "1"],
      ...["--control", "still", "--control", "reversed"],
    );
    assert.equal(code, 0, said);
    assert.match(
      said,
      /control +top-1 +difference.*\nnone .*\nstill .*\nreversed .*left ↔ right: \d of 4/,
    );
    const { markdown, page } = await report([task.out!], { out: `${folder}/controls` });
    const [head] = markdown.split("\n").filter((line) => line.includes("| still |"));
    assert.match(head, /^\| variant \| top-1 of \| evaluation \|.* static-tokens \|/);
    assert.match(await Deno.readTextFile(page), /Does it use motion\?/);
    assert.match(markdown, /top-1 of fine-tuning, evaluation/, "no control is compared by");
  },
});

Deno.test("what a reversed evaluation confuses is counted for classes that become each other", () => {
  const classes = ["Turn left", "TurnRight", "up", "down", "still"];
  const confusion = new Uint32Array(25);
  [[0, 1, 6], [0, 0, 2], [1, 0, 3], [1, 4, 1], [2, 2, 5]].forEach(([label, given, count]) =>
    confusion[label * 5 + given] = count
  );
  assert.deepEqual(swappedClasses(classes, confusion), [
    { classes: ["Turn left", "TurnRight"], videos: 12, swapped: 9 },
    { classes: ["up", "down"], videos: 5, swapped: 0 },
  ]);
});

Deno.test("what cannot be evaluated is refused with what to do", async () => {
  const refuse = async (exitCode: number, message: RegExp, ...args: string[]) => {
    const { code, said } = await run(...args);
    assert.match(said, message);
    assert.equal(code, exitCode, said);
  };
  await refuse(
    1,
    /must hold a run, got no task\.json .*deno task finetune/,
    `${folder}/none/finetune`,
  );
  await refuse(2, /must be i\/n with i from 1 to n, such as 2\/4, got "3\/2"/, "--shard", "3/2");
  await refuse(
    2,
    /Cannot read --use-crops: it must not be given without --rescore/,
    "--use-crops",
    "1",
  );
  await refuse(2, /Cannot read --weights: .* with --merge/, "--merge", "a", "--weights", "last");
  await refuse(2, /no run folder must be given with --rescore, got "b"/, "b", "--rescore", "a");
  await refuse(2, /--split: .* with --annotations/, "--annotations", "a", "--split", "test");
  await refuse(
    2,
    /whole numbers with commas .* got "0;1"/,
    "--rescore",
    "a",
    "--use-segments",
    "0;1",
  );
  await refuse(1, /"a": there must be such a file/, "--rescore", "a");
});
