import assert from "node:assert/strict";
import { readSafetensors } from "@videoms/core";
import { CheckpointStore } from "@videoms/data/files";
import { readLog } from "@videoms/tasks";
import type { KeptScalar } from "@videoms/data/testing";
import { readRecord } from "../../tasks/runs/folder/run_record.ts";
import { loggedRows } from "@videoms/data";
import {
  keptByMlflow,
  keptByTensorboard,
  keptByWandb,
  mlflowRun,
  wandbFile,
  wandbRecords,
} from "../data/loggers/readers.ts";
import { cliArguments, root, smallPretrain } from "./small_command.ts";
import { folder, stepLines } from "./small_task.ts";

/** Steps of the run, three an epoch. */
const STEPS = 60;

/** All loggers, one of which has its files outside the run folder. */
function loggersOf(out: string): string {
  const loggers = ["tensorboard", "wandb", { name: "mlflow", options: { dir: `${out}-mlruns` } }];
  return JSON.stringify({ name: "several", options: { loggers } });
}

/** What a run's log has, as loggers are told it: the first of what was measured twice of a step. */
async function loggedScalars(out: string): Promise<KeptScalar[]> {
  const rows = loggedRows(await readLog(`${out}/log.jsonl`));
  return rows.flatMap(({ step, scalars }) =>
    scalars.map(({ tag, value }) => [tag, step, value] as const)
  );
}

/** Numbers in an order that does not depend on that of files. */
const inOrder = (kept: readonly KeptScalar[]) => kept.map(String).sort();

function start(out: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: cliArguments([...smallPretrain(out, STEPS), "--set", `logger=${loggersOf(out)}`]),
    cwd: root,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

/** Waits until the run has logged a step. */
async function until(out: string, step: number): Promise<void> {
  for (let i = 0; i < 3000; i++) {
    const lines = await stepLines(out).catch(() => []);
    if (lines.some((line) => (line.step as number) >= step)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`the run never logged step ${step}`);
}

async function finalTensors(out: string): Promise<Map<string, Uint8Array>> {
  const file = `${out}/checkpoints/step-${String(STEPS).padStart(8, "0")}.safetensors`;
  const { tensors } = readSafetensors(await Deno.readFile(file), file);
  return new Map([...tensors].map(([name, { bytes }]) => [name, bytes.slice()]));
}

/** Waits for a checkpoint that is being written, for so many tries at most. */
async function untilWriting(out: string): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (partials(out).length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function partials(out: string): string[] {
  return [...Deno.readDirSync(`${out}/checkpoints`)].map(({ name }) => name)
    .filter((name) => name.endsWith(".partial"));
}

/** Steps that the run has logged; the last line may be half written. */
async function lastStep(out: string): Promise<number> {
  const lines = await readLog(`${out}/log.jsonl`);
  return Math.max(0, ...lines.map(({ step }) => Number(step ?? 0)));
}

/** Kills that a run goes through. */
const KILLS = 20;

/** Largest number of milliseconds from the first new step to a kill. */
const LATEST = 200;

Deno.test("a run that is killed twenty times, also while it saves, ends with the same weights", async () => {
  const whole = `${folder}/kill-never`;
  assert.equal((await start(whole).status).code, 0);
  const out = `${folder}/kill`;
  let cutOff = 0;
  let newest = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const before = await lastStep(out);
    const child = start(out);
    await until(out, Math.min(before + 1, STEPS));
    if (kill % 2 === 0) await untilWriting(out);
    else await new Promise((resolve) => setTimeout(resolve, Math.random() * LATEST));
    child.kill("SIGKILL");
    await child.status;
    cutOff += partials(out).length;
    const { checkpoint, damaged } = await new CheckpointStore(`${out}/checkpoints`).find();
    const step = checkpoint?.step ?? 0;
    assert.ok(step >= newest, `kill ${kill} cost the checkpoint of step ${newest}, got ${step}`);
    newest = step;
    assert.ok(damaged.length <= 1, `${damaged.map(({ path }) => path)}`);
    assert.ok(await readRecord(out));
  }
  assert.ok(cutOff > 0, "no kill came while a checkpoint was written");
  const interrupted = start(out);
  await until(out, await lastStep(out));
  interrupted.kill("SIGINT");
  assert.ok([0, 130].includes((await interrupted.status).code));
  assert.equal((await start(out).status).code, 0);
  assert.deepEqual(await finalTensors(out), await finalTensors(whole));
  const steps = (await stepLines(out)).map(({ step }) => step);
  assert.deepEqual(steps, Array.from({ length: STEPS }, (_, i) => i + 1));
  const logged = await loggedScalars(out);
  assert.ok(logged.length > 10 * STEPS);
  const run = { folder: out, id: (await readRecord(out))!.id };
  assert.deepEqual(inOrder(await keptByWandb(run)), inOrder(logged));
  assert.deepEqual(inOrder(await keptByMlflow(run, `${out}-mlruns`)), inOrder(logged));
  const single = logged.map(([tag, step, value]) => [tag, step, Math.fround(value)] as const);
  assert.deepEqual(inOrder(await keptByTensorboard(run)), inOrder(single));
  assert.equal(wandbRecords(wandbFile(out)).at(-1)!.exit!.exitCode ?? 0, 0);
  const meta = await Deno.readTextFile(`${mlflowRun(`${out}-mlruns`, run.id)}/meta.yaml`);
  assert.match(meta, /^status: 3$/m);
});

Deno.test("a logger that cannot write costs a run nothing but its exit code", async () => {
  const out = `${folder}/unlogged`;
  const file = `${folder}/no-folder`;
  await Deno.writeTextFile(file, "");
  const child = await new Deno.Command(Deno.execPath(), {
    args: cliArguments([
      ...smallPretrain(out, 6),
      ...["--logger", "mlflow", "--set", `logger.dir=${file}/mlruns`],
    ]),
    cwd: root,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  const said = new TextDecoder().decode(child.stderr);
  assert.equal(child.code, 4, said);
  assert.equal(said.match(/Cannot write to the logger "mlflow": /g)?.length, 1, said);
  assert.equal((await stepLines(out)).length, 6);
});
