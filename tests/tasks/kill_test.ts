import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { readSafetensors } from "@videoms/core";
import { folder, stepLines } from "./small_task.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Arguments of a small run whose checkpoints come every epoch. */
function args(out: string): string[] {
  const fields = {
    "data.dataset.videos": 12,
    "data.dataset.heldOut": 2,
    "data.dataset.size": 32,
    "data.dataset.dir": `${folder}/killed-shapes`,
    "data.heldOutClips": 2,
    "model.width": 24,
    "model.heads": 2,
    "model.depth": 2,
    "model.decoderWidth": 12,
    "model.imageSize": 32,
    "model.frames": 8,
    "optimizer.warmupEpochs": 2,
    "checkpointEvery": 1,
    "logEvery": 1,
  };
  const sets = Object.entries(fields).flatMap(([name, value]) => ["--set", `${name}=${value}`]);
  return ["pretrain", "--out", out, "--batch", "4", "--epochs", "30", "--backend", "wasm", ...sets];
}

function start(out: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-check",
      "--allow-read",
      "--allow-write",
      "--allow-env",
      "--allow-sys",
      "--allow-ffi",
      "--allow-run",
      "tasks/cli.ts",
      ...args(out),
    ],
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
  const file = `${out}/checkpoints/step-00000090.safetensors`;
  const { tensors } = readSafetensors(await Deno.readFile(file), file);
  return new Map([...tensors].map(([name, { bytes }]) => [name, bytes.slice()]));
}

Deno.test("a run that is killed goes on from its last checkpoint and ends with the same weights", async () => {
  const whole = `${folder}/kill-never`;
  assert.equal((await start(whole).status).code, 0);
  const out = `${folder}/kill`;
  for (const step of [10, 40]) {
    const child = start(out);
    await until(out, step);
    child.kill("SIGKILL");
    await child.status;
  }
  const interrupted = start(out);
  await until(out, 60);
  interrupted.kill("SIGINT");
  assert.equal((await interrupted.status).code, 130);
  assert.equal((await start(out).status).code, 0);
  assert.deepEqual(await finalTensors(out), await finalTensors(whole));
  const steps = (await stepLines(out)).map(({ step }) => step);
  assert.deepEqual(steps, Array.from({ length: 90 }, (_, i) => i + 1));
});
