import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { PROGRAMS } from "../../programs.ts";
import { folder } from "../small_task.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const config = JSON.parse(await Deno.readTextFile(`${root}deno.json`));

/** The permissions that the command line is run with, but for those of programs, which are looked up. */
const GRANTED = (config.tasks.cli as string).match(/--allow-(?!run)[a-z]+/g)!;

const FIELDS = [
  "data.dataset.videos=4",
  "data.dataset.heldOut=2",
  "data.dataset.size=32",
  `data.dataset.dir=${folder}/permission-shapes`,
  "data.heldOutClips=2",
  "model.width=24",
  "model.heads=2",
  "model.depth=1",
  "model.imageSize=32",
  "model.frames=4",
  "optimizer.warmupEpochs=0",
];

/** Runs one step of pre-training with some permissions. */
async function run(
  permissions: readonly string[],
  out: string,
): Promise<{ code: number; said: string }> {
  const task = ["pretrain", "--steps", "1", "--batch", "2", "--backend", "wasm", "--out", out];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-check",
      "--no-prompt",
      ...permissions,
      "tasks/cli.ts",
      ...task,
      ...FIELDS.flatMap((field) => ["--set", field]),
    ],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdout: "null",
  }).output();
  return { code, said: new TextDecoder().decode(stderr) };
}

Deno.test("a run works with the permissions that deno.json declares, and without the network", async () => {
  assert.ok(!GRANTED.some((flag) => /net|all/.test(flag.replace("--allow-", ""))), `${GRANTED}`);
  const { code, said } = await run([...GRANTED, PROGRAMS], `${folder}/permitted`);
  assert.equal(code, 0, said);
});

for (const missing of ["read", "write", "env", "run"]) {
  Deno.test(`a run that may not ${missing} names the permission`, async () => {
    const left = [...GRANTED, PROGRAMS].filter((flag) => !flag.startsWith(`--allow-${missing}`));
    assert.equal(left.length, GRANTED.length);
    const { code, said } = await run(left, `${folder}/without-${missing}`);
    assert.equal(code, 1, said);
    assert.match(said, new RegExp(`Requires ${missing} access`));
    assert.match(said, new RegExp(`--allow-${missing}`));
    assert.ok(!/\n\s+at /.test(said), `a stack is no explanation: ${said}`);
  });
}

Deno.test("a run that may load no library and not look at the memory computes without them", async () => {
  const left = [...GRANTED, PROGRAMS].filter((flag) => !/ffi|sys/.test(flag));
  const { code, said } = await run(left, `${folder}/slower`);
  assert.equal(code, 0, said);
  assert.match(said, /no BLAS library/);
});
