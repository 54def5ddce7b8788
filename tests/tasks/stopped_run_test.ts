import assert from "node:assert/strict";
import { CheckpointStore } from "@videoms/data/files";
import { readLog } from "@videoms/tasks";
import { HAS_TERMINAL, startInTerminal, type TerminalProgram } from "../terminal.ts";
import { cliArguments, root, smallPretrain, STEPS_PER_EPOCH } from "./small_command.ts";
import { folder, stepLines } from "./small_task.ts";

/** Steps of the run; more than are done before it is stopped. */
const STEPS = 45;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until nobody writes to a run folder any more, also a program that nothing else tells about. */
async function untilReleased(out: string): Promise<void> {
  using lock = await Deno.open(`${out}/.lock`, { write: true });
  while (!await lock.tryLock(true)) await pause(20);
}

/** Steps that are in a run's newest checkpoint and in its log; they must be the same. */
async function savedSteps(out: string): Promise<number> {
  const { checkpoint, damaged } = await new CheckpointStore(`${out}/checkpoints`).find();
  assert.deepEqual(damaged, []);
  assert.equal((await stepLines(out)).at(-1)?.step, checkpoint?.step);
  return checkpoint!.step;
}

/** Starts the run in a terminal and waits until it has done steps. */
async function startRun(out: string): Promise<TerminalProgram> {
  const words = ["deno", "task", "-q", "cli", ...smallPretrain(out, STEPS)];
  const program = startInTerminal(words.join(" "), root);
  await program.shows(/step [1-9]\d*\//);
  return program;
}

Deno.test("a run loses no step to Ctrl-C, a closed terminal or a full log [terminal]", {
  ignore: !HAS_TERMINAL,
}, async () => {
  const out = `${folder}/stopped`;
  const interrupted = await startRun(out);
  await interrupted.type("\x03");
  const { code, text } = await interrupted.end();
  assert.equal(code, 130);
  const first = await savedSteps(out);
  assert.match(text, new RegExp(`Stopped after step ${first}; the same command resumes`));
  assert.ok(first >= 1 && first < STEPS);

  const left = await startRun(out);
  left.hangUp();
  await left.end();
  await untilReleased(out);
  const second = await savedSteps(out);
  assert.ok(second > first && second < STEPS);

  const line = ["deno", "task", "-q", "cli", ...smallPretrain(out, STEPS), "2>", "/dev/full"];
  const full = await new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", "--eval", line.join(" ")],
    cwd: root,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  assert.equal(full.code, 4);
  assert.equal(await savedSteps(out), STEPS);
  const steps = (await stepLines(out)).map(({ step }) => step);
  assert.deepEqual(steps, Array.from({ length: STEPS }, (_, i) => i + 1));
  const unwritten = (await readLog(`${out}/log.jsonl`)).filter(({ event }) =>
    event === "unwritten"
  );
  assert.match(`${unwritten.map(({ what }) => what)}`, /standard error: No space left/);
});

Deno.test("a run whose readers are gone ends with all its checkpoints", async () => {
  const out = `${folder}/unread`;
  const child = new Deno.Command(Deno.execPath(), {
    args: cliArguments(smallPretrain(out, 2 * STEPS_PER_EPOCH)),
    cwd: root,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await Promise.all([child.stdout.cancel(), child.stderr.cancel()]);
  assert.equal((await child.status).code, 4);
  assert.equal(await savedSteps(out), 2 * STEPS_PER_EPOCH);
});
