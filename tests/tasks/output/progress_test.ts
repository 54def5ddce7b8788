import { formatBar, formatDuration, formatNumber } from "@videoms/core/plain";
import assert from "node:assert/strict";
import { createProgress, createStatusLine, type StatusOutput } from "@videoms/data/console";
import { loggedMetrics } from "@videoms/data";
import { createTrainProgress } from "../../../tasks/runs/training/train_progress.ts";

/** An output that remembers what was written, with a clock that the test moves. */
function recorder(isTerminal: boolean, columns = 120) {
  const written: string[] = [];
  const clock = { now: 0 };
  const output: StatusOutput = {
    isTerminal,
    columns: () => columns,
    write: (text) => written.push(text),
    now: () => clock.now,
  };
  return { output, clock, text: () => written.join("") };
}

/** What a terminal shows in the end, escape sequences applied. */
function screen(text: string): string[] {
  return text.split("\n").map((line) => line.split("\r\x1b[K").at(-1)!);
}

Deno.test("durations, numbers and bars are short", () => {
  assert.deepEqual(
    [7, 754, 11100, 189000, -1, Infinity, 59.7].map(formatDuration),
    ["0:07", "12:34", "3:05:00", "2d 04:30", "0:00", "?", "1:00"],
  );
  assert.deepEqual(
    [0.5321, 7.5e-4, 12345.6, 0, NaN, 21.04].map(formatNumber),
    ["0.532", "7.50e-4", "12346", "0.00", "NaN", "21.0"],
  );
  assert.equal(formatBar(0.5, 4), "━━──");
  assert.equal(formatBar(2, 4), "━━━━");
});

Deno.test("on a terminal one line is rewritten, at most ten times a second, cut to the width", () => {
  const { output, clock, text } = recorder(true, 12);
  const line = createStatusLine(output);
  line.show("one");
  clock.now = 50;
  line.show("dropped");
  clock.now = 150;
  line.show("a long text that does not fit");
  line.print("note");
  line.end("last");
  assert.ok(!text().includes("dropped"));
  assert.ok(text().includes("\r\x1b[Ka long tex…"));
  assert.deepEqual(screen(text()), ["note", "last", ""]);
});

Deno.test("elsewhere plain lines come now and then, and the last one always", () => {
  const { output, clock, text } = recorder(false);
  const line = createStatusLine(output, 1000);
  for (let i = 0; i < 25; i++) {
    clock.now = i * 100;
    line.show(`at ${clock.now}`);
  }
  line.print("note");
  line.end("last");
  assert.equal(text(), "at 0\nat 1000\nat 2000\nnote\nlast\n");
  line.end();
  assert.ok(!text().includes("\x1b") && !text().includes("\r"));
});

Deno.test("training tells place and time left, and its numbers as the log has them", () => {
  const { output, clock, text } = recorder(true);
  const length = { steps: 100, stepsPerEpoch: 10, clipsPerStep: 8 };
  const progress = createTrainProgress(output, length);
  const speed = { learningRate: 7.5e-4, clipsPerSecond: 16, waitShare: 0.1 };
  progress.update(1, loggedMetrics(speed));
  clock.now = 500;
  progress.update(25, loggedMetrics({ loss: 0.50004, ...speed }));
  assert.match(text(), /step 1\/100 +loss – +lr 7.50e-4 +16.0 clips\/s +wait 10 % +ETA 0:50/);
  progress.end();
  progress.end();
  const [last, rest] = screen(text());
  assert.equal(
    last,
    "━━━━────────────  epoch 3/10  step 25/100  loss 0.5000  lr 7.50e-4  16.0 clips/s  wait 10 %  " +
      "ETA 0:38",
  );
  assert.equal(rest, "");
});

Deno.test("work with parts tells how many are done and how long the rest takes", () => {
  const { output, clock, text } = recorder(true);
  const progress = createProgress(output, "indexing", 40, "videos");
  clock.now = 2000;
  progress.update(10);
  assert.match(screen(text())[0], /^indexing {2}━{5}─{15} {2}10\/40 videos {2}ETA 0:06$/);
  clock.now = 8000;
  progress.update(40);
  progress.end();
  assert.match(screen(text())[0], /40\/40 videos {2}in 0:08$/);
});
