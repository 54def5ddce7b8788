import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { MODULE_KINDS, moduleFiles } from "../../tasks/commands/new/module_files.ts";
import { moduleNames } from "../../tasks/commands/new/module_names.ts";
import { abortedAtEnd } from "../../tools/test_summary.ts";
import { PROGRAMS } from "../programs.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

const folder = await Deno.makeTempDir({ prefix: "videoms-module-" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

/** Variables of the processes that are run beside those of this one. */
let env: Readonly<Record<string, string>> = {};

/** Runs Deno and gives what it printed; fails the test unless it ends well. */
async function deno(cwd: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    stdin: "null",
    env: { NO_COLOR: "1", ...env },
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  // Tests that passed in a process that the GPU driver aborted at its end; `deno task` makes a code of the signal.
  if (code === 134 && abortedAtEnd(text, "SIGABRT")) return text;
  assert.equal(code, 0, `deno ${args.join(" ")}\n${text}`);
  return text;
}

const make = (...args: string[]) => deno(root, "task", "-q", "new", ...args);

for (const kind of MODULE_KINDS) {
  Deno.test(`a new ${kind} module outside the repository passes all that publishing needs`, async () => {
    const out = join(folder, `my_${kind}`);
    const said = await make(kind, `my_${kind}`, "--out", out, "--scope", "@ann");
    assert.match(said, /Made .*mod\.ts, mod_test\.ts, task\.ts, README\.md, LICENSE, deno\.json/);
    await deno(out, "fmt", "--check");
    await deno(out, "lint", "-q");
    env = { FFMPEG: "", FFPROBE: "" }; // as where a script sets them to nothing
    const tested = await deno(out, "task", "-q", "test", "--no-check").finally(() => env = {});
    assert.match(tested, /ok \| \d+ passed \| 0 failed/);
    const published = await deno(out, "publish", "--dry-run", "--allow-dirty", "--no-check");
    assert.match(published, new RegExp(`@ann/my-${kind}@0\\.1\\.0`));
    for (const file of ["mod_test.ts", "task.ts"]) assert.ok(!published.includes(`/${file}`));
  });
}

Deno.test("types of new modules of all kinds, and of their examples, are right", async () => {
  // In one check, since each goes through all of VideoMS: by the configuration of one, in the folder that holds all.
  const [first] = MODULE_KINDS;
  const config = JSON.parse(await Deno.readTextFile(join(folder, `my_${first}`, "deno.json")));
  const { name: _, exports: __, links, imports, ...rest } = config;
  const own = MODULE_KINDS.map((kind) => [`@ann/my-${kind}`, `./my_${kind}/mod.ts`]);
  await Deno.writeTextFile(
    join(folder, "deno.json"),
    JSON.stringify({
      ...rest,
      imports: { ...imports, ...Object.fromEntries(own) },
      links: links.map((link: string) => link.replace("../", "")),
    }),
  );
  const files = MODULE_KINDS.flatMap((kind) =>
    ["mod.ts", "mod_test.ts", "task.ts"].map((file) => `my_${kind}/${file}`)
  );
  await deno(folder, "check", "-q", "--doc", ...files);
  await Deno.remove(join(folder, "deno.json"));
});

/** A command of VideoMS with the permissions that its task grants. */
const videoms = (...args: string[]) =>
  deno(
    root,
    "run",
    ...["--allow-read", "--allow-write", "--allow-env", "--allow-sys", "--allow-ffi"],
    PROGRAMS,
    "tasks/cli.ts",
    ...args,
  );

/** Settings of a run that takes seconds. */
const SMALL = [
  "data.dataset.videos=8",
  "data.dataset.heldOut=2",
  "data.dataset.size=32",
  `data.dataset.dir=${join(folder, "shapes")}`,
  "model.imageSize=32",
  "model.width=24",
  "model.heads=2",
  "optimizer.warmupSteps=1",
].flatMap((setting) => ["--set", setting]);

const BRIEF = ["--batch", "4", "--steps", "2", "--backend", "wasm", ...SMALL];

const taskIn = async (run: string) =>
  JSON.parse(await Deno.readTextFile(join(run, "task.json"))).task;

Deno.test("optimiser, schedule and positions from outside train, and token selections and augmentations fine-tune", async () => {
  const chosen = (kind: string) => ["--plugin", join(folder, `my_${kind}`, "mod.ts")];
  const out = join(folder, "parts");
  const parts = ["optimizer", "schedule", "positions"];
  const fields = ["optimizer.method", "optimizer.schedule", "model.positions"];
  const pretrained = [
    ...parts.flatMap(chosen),
    ...fields.flatMap((field, i) => ["--set", `${field}=my-${parts[i]}`]),
  ];
  await videoms("pretrain", ...pretrained, "--out", out, ...BRIEF);
  const { optimizer, model } = await taskIn(out);
  assert.deepEqual(
    [optimizer.method, optimizer.schedule, model.positions].map(({ name }) => name),
    parts.map((kind) => `my-${kind}`),
  );
  for (const kind of ["tokens", "augmentation"]) {
    const task = join(folder, `my_${kind}`, "task.ts");
    const said = await videoms("finetune", task, "--dry-run", "--from", "none");
    assert.match(said, new RegExp(`"name": "my-${kind}"`));
  }
});

Deno.test("a strategy from outside is used by runs, from its task file and by --plugin", async () => {
  const out = join(folder, "outside");
  await make("masking", "outside", "--out", out);
  assert.match(
    await videoms("pretrain", join(out, "task.ts"), "--dry-run"),
    /128 visible, 384 targets/,
  );
  const run = join(folder, "run");
  const plugin = ["--plugin", join(out, "mod.ts"), "--masking", "outside"];
  await videoms("pretrain", ...plugin, "--set", "masking.maskRatio=0.5", "--out", run, ...BRIEF);
  assert.deepEqual((await taskIn(run)).masking, {
    kind: "masking",
    name: "outside",
    options: { maskRatio: 0.5 },
  });
});

Deno.test("a strategy from outside is compared with built-in ones by an ablation", async () => {
  const out = join(folder, "compared");
  await make("masking", "compared", "--out", out);
  await Deno.writeTextFile(
    join(out, "ablate.ts"),
    `import { shapes } from "@videoms/data";
import { tube } from "@videoms/masking";
import { defineAblation, definePretrain } from "@videoms/tasks";
import { compared } from "./mod.ts";

export { compared };

export default defineAblation({
  name: "compared",
  pretrain: definePretrain({
    model: { width: 24, heads: 2, depth: 1, decoderDepth: 1, imageSize: 32, patchSize: 8 },
    data: {
      dataset: shapes({ videos: 8, heldOut: 2, size: 32, dir: "${join(folder, "shapes")}" }),
      samplingRate: 1,
    },
    optimizer: { warmupSteps: 1 },
    steps: 2,
    batch: 4,
    backend: "wasm",
  }),
  axes: {
    masking: {
      tube: { "pretrain.masking": tube({ maskRatio: 0.75 }) },
      compared: { "pretrain.masking": compared({ maskRatio: 0.75 }) },
    },
  },
  seeds: [0],
});
`,
  );
  const said = await videoms("ablate", join(out, "ablate.ts"), "--out", join(folder, "grid"));
  assert.match(
    said,
    /masking=tube .*1 of 1[^]*masking=compared .*1 of 1[^]*report: .*report\.html/,
  );
});

Deno.test("a backbone from outside is pre-trained, fine-tuned and evaluated", async () => {
  const out = join(folder, "blocks");
  await make("backbone", "mean_blocks", "--out", out);
  const plugin = ["--plugin", join(out, "mod.ts")];
  const chosen = [...plugin, "--set", "model.backbone=mean-blocks", ...BRIEF];
  const [pretrained, finetuned] = ["blocks-pretrain", "blocks-finetune"].map((name) =>
    join(folder, name)
  );
  await videoms("pretrain", ...chosen, "--set", "objective.frames=second", "--out", pretrained);
  const said = await videoms("finetune", ...chosen, "--from", pretrained, "--out", finetuned);
  assert.match(said, /loaded: \d+ of the classifier's \d+ tensors/);
  assert.equal((await taskIn(finetuned)).model.backbone.name, "mean-blocks");
  assert.match(await videoms("evaluate", finetuned, ...plugin, "--segments", "1"), /top-1|right/);
  await assert.rejects(
    () => videoms("evaluate", finetuned, "--segments", "1", "--fresh"),
    /backbone "mean-blocks"/,
  );
});

Deno.test("modules that cannot be are refused, and nothing is overwritten", async () => {
  for (const name of ["MyMask", "my mask", "9lives", "a--b", "../up", "class", ""]) {
    assert.throws(() => moduleNames(name), /its name must be words of small letters/, name);
  }
  assert.deepEqual(moduleNames("my_new-mask2"), {
    plugin: "my-new-mask2",
    file: "my_new_mask2",
    value: "myNewMask2",
    type: "MyNewMask2",
  });
  const request = { kind: "masking", name: "a", folder } as const;
  assert.throws(() => moduleFiles({ ...request, scope: "me" }), /scope must be "@".*got "me"/);
  const full = join(folder, "full");
  await Deno.mkdir(full);
  await Deno.writeTextFile(join(full, "thesis.txt"), "mine");
  await assert.rejects(() => make("masking", "a", "--out", full), /must be empty.*thesis\.txt/);
  assert.equal(await Deno.readTextFile(join(full, "thesis.txt")), "mine");
  await assert.rejects(() => make("maskin", "a"), /did you mean "masking"/);
});
