import assert from "node:assert/strict";
import { runCommandLine } from "../../../tasks/commands/line/run_command_line.ts";
import { COMMANDS } from "../../../tasks/cli.ts";
import { pretrain } from "../../../tasks/runs/pretrain/pretrain.ts";
import { recordingOutput } from "../recording_output.ts";
import { finetune } from "../../../tasks/runs/finetune/finetune.ts";
import { folder, registry, smallFinetune, smallTask } from "../small_task.ts";

const LASTING = { sanitizeOps: false, sanitizeResources: false };

const taskFile = new URL("../../../tasks/ucf101/pretrain.ts", import.meta.url).href;
const out = `${folder}/refused`;

/** Runs a command and gives its exit code and what it said. */
async function runCommand(...args: string[]): Promise<{ code: number; said: string }> {
  const output = recordingOutput();
  const code = await runCommandLine(
    { name: "deno task", summary: "", commands: COMMANDS },
    args,
    { output, debug: false, signal: new AbortController().signal },
  );
  return { code, said: output.all.join("") };
}

/** The same of `pretrain` on the UCF101 task. */
function run(...args: string[]): Promise<{ code: number; said: string }> {
  return runCommand("pretrain", taskFile, "--backend", "wasm", "--out", out, ...args);
}

async function write(name: string, text: string): Promise<string> {
  await Deno.writeTextFile(`${folder}/${name}`, text);
  return `${folder}/${name}`;
}

/** Refused runs: what is wrong, the arguments, and what the message must name. */
const cases: [string, () => Promise<string[]> | string[], RegExp, number?][] = [
  [
    "half precision without a GPU",
    () => ["--precision", "f16"],
    /precision "f16" needs a GPU: backend must be "webgpu" or "auto", got "wasm"/,
  ],
  ["a missing list", () => ["--annotations", "/nowhere/list.txt"], /\/nowhere\/list\.txt/],
  ["an empty list", async () => ["--annotations", await write("empty.txt", "\n\n")], /empty\.txt/],
  [
    "a bad line",
    async () => ["--annotations", await write("bad.txt", "a.mp4 0\nb.mp4\n")],
    /bad\.txt[^]*2/,
  ],
  [
    "a label out of range",
    async () => {
      await write("video.mp4", "text");
      return ["--annotations", await write("label.txt", "video.mp4 101\n")]; // labels of UCF101 end at 100
    },
    /label\.txt[^]*101/,
  ],
  [
    "a missing video",
    async () => ["--annotations", await write("missing.txt", "gone.mp4 0\n")],
    /gone\.mp4/,
  ],
  [
    "unreadable videos",
    async () => {
      await write("text 1.mp4", "no video");
      await write("text 2.mp4", "no video");
      const list = await write("unreadable.txt", "text 1.mp4 0\ntext 2.mp4 0\n");
      return ["--annotations", list, "--batch", "1"];
    },
    /at most 1 of 2 videos may be unreadable[^]*text 1\.mp4/,
  ],
  ["an unknown option", () => ["--anotations", "x"], /did you mean "--annotations"/, 2],
  ["an unknown field", () => ["--set", "optimizer.lrr=1"], /did you mean "optimizer\.lr"/],
  ["an unknown strategy", () => ["--masking", "tubes"], /did you mean "tube"/],
  ["an unknown strategy option", () => ["--set", "masking.maskRatoi=1"], /maskRatio/],
  ["a wrong type", () => ["--set", "optimizer.lr=fast"], /optimizer\.lr[^]*fast/],
  ["a number that is not whole", () => ["--batch", "2.5"], /--batch[^]*whole number[^]*2\.5/, 2],
  ["no visible token", () => ["--set", "masking.maskRatio=0.9999"], /visible token[^]*0\.9999/],
  [
    "no target token",
    () => ["--set", "masking.maskRatio=0.7", "--set", "masking.motionRatio=0.7"],
    /target[^]*0\.7/,
  ],
  ["an image that patches do not divide", () => ["--set", "model.imageSize=225"], /225/],
  ["one tubelet", () => ["--set", "model.frames=2"], /at least 2 tubelets, got 1/],
  ["a warm-up longer than the run", () => ["--epochs", "10"], /warm-?up[^]*40[^]*10/i],
  ["no such backend", () => ["--backend", "cuda"], /webgpu[^]*cuda/, 2],
  [
    "a task file that is not there",
    () => ["--plugin", "/nowhere/plugin.ts"],
    /\/nowhere\/plugin\.ts/,
  ],
];

for (const [name, args, message, exitCode = 1] of cases) {
  Deno.test({
    name: `refused in one paragraph: ${name}`,
    ...LASTING,
    fn: async () => {
      const { code, said } = await run(...await args());
      assert.equal(code, exitCode, said);
      assert.match(said, message);
      assert.ok(!/\n\s+at /.test(said), `a stack is no explanation: ${said}`);
      assert.equal(said.split("\n\n").length, 1, said);
      // "unreadable videos" are found by probing them, which takes its time: the device comes first.
      assert.equal(/^wasm: /m.test(said), name === "unreadable videos", said);
      // Nothing was begun: not even a folder was made.
      await assert.rejects(Deno.stat(out), Deno.errors.NotFound);
    },
  });
}

Deno.test({
  name: "what is quick to check is refused before a device is opened",
  ...LASTING,
  fn: async () => {
    const task = smallFinetune("before-devices", { epochs: 1 });
    await finetune(task, registry);
    const run = task.out!;
    const list = ["--annotations", "/nowhere/list.txt"];
    const set = ["--set", "model.depth=3"];
    const refused: [args: string[], message: RegExp][] = [
      [["finetune", "--from", run, ...set], /must be that of the weights, got .*depth 3 for 2/],
      [["pretrain", "--from", `${folder}/none.pth`], /none\.pth", which is not there/],
      [["probe", "--encoder", `${folder}/none/pretrain`], /must hold a run, got no task\.json/],
      [["probe", "--encoder", run, ...list], /the file must exist, got nothing at \/nowhere/],
      [["evaluate", run, ...list], /the file must exist, got nothing at \/nowhere/],
      [["extract", run, "--out", out, ...list], /the file must exist, got nothing at \/nowhere/],
      [["predict", "/nowhere/a.mp4", "--run", run], /\/nowhere\/a\.mp4: it must be a video/],
      [["look", "/nowhere/a.mp4"], /\/nowhere\/a\.mp4: it must be a video/],
    ];
    for (const [args, message] of refused) {
      const { code, said } = await runCommand(...args, "--backend", "wasm");
      assert.equal(code, 1, said);
      assert.match(said, message);
      assert.doesNotMatch(said, /^wasm: /m, args.join(" "));
    }
  },
});

Deno.test("a shard that is none is an error of use, whatever the command", async () => {
  for (const command of ["ablate", "evaluate"]) {
    const { code, said } = await runCommand(command, "--shard", "3/2");
    assert.equal(code, 2, said);
    assert.match(said, /must be i\/n with i from 1 to n, such as 2\/4, got "3\/2"/);
  }
});

Deno.test("an output that cannot be written is refused before the work whose result it is", async () => {
  const place = await write("a-file", "");
  const outputs = [
    ["data", "verify", "list.txt", "--bad", `${place}/bad.txt`],
    ["data", "index", "list.txt", "--manifest", `${place}/manifest.json`],
    ["data", "prepare", "list.txt", "--out", place],
    ["extract", "--out", `${place}/features`],
    ["evaluate", "--out", `${place}/scores`],
    ["predict", "a.mp4", "--out", `${place}/a.png`],
    ["look", "a.mp4", "--out", `${place}/looks/a.png`],
    ["report", "runs/a", "--out", `${place}/report`],
    ["export", "runs/a", "--out", `${place}/run.csv`],
  ];
  for (const args of outputs) {
    const { code, said } = await runCommand(...args);
    assert.equal(
      said,
      `error: Cannot write ${args.at(-2)}: "${
        args.at(-1)
      }" must be in a folder that can be written ` +
        `to, got "${place}", which is a file\n`,
    );
    assert.equal(code, 1);
  }
});

Deno.test({
  name: "refused in one paragraph: run folders that cannot be used",
  ...LASTING,
  fn: async () => {
    const task = smallTask("taken", { steps: 1 });
    await pretrain(task, registry);
    await assert.rejects(
      pretrain({ ...task, seed: 5 }, registry),
      /Cannot resume the run in .*seed was 0 and is now 5.*--fresh/,
    );
    const foreign = await Deno.makeTempDir();
    await Deno.writeTextFile(`${foreign}/thesis.tex`, "");
    await assert.rejects(
      pretrain({ ...task, out: `${foreign}/thesis.tex/run` }, registry), // below a file
      /Cannot run in ".*thesis\.tex\/run"/,
    );
    await assert.rejects(
      pretrain({ ...task, out: foreign }, registry, { fresh: true }),
      /must be empty or hold a run, got thesis\.tex/,
    );
    await Deno.remove(foreign, { recursive: true });
  },
});

Deno.test({
  name: "one unreadable video is left out, named and counted",
  ...LASTING,
  fn: async () => {
    const shapes = smallTask("few", { steps: 1 });
    await pretrain(shapes, registry); // renders the videos
    const [set] = [...Deno.readDirSync(`${folder}/shapes`)];
    const videos = `${folder}/shapes/${set.name}/train`;
    const lines = [...Deno.readDirSync(videos)].map(({ name }) => `${videos}/${name} 0`);
    const broken = await write("broken video.mp4", "no video");
    const list = await write("mixed.txt", [...lines, `${broken} 0`].join("\n"));
    const options = { ...shapes.data.dataset.options, train: list };
    const task = smallTask("mixed", {
      steps: 1,
      data: {
        dataset: { kind: "dataset", name: "annotations", options: { train: options.train } },
      },
    });
    await pretrain(task, registry);
    const log = await Deno.readTextFile(`${task.out}/log.jsonl`);
    assert.match(log, /"event":"unreadable","split":"train","path":"[^"]*broken video\.mp4"/);
    const saved = JSON.parse(await Deno.readTextFile(`${task.out}/task.json`));
    assert.deepEqual([saved.trainVideos, saved.unreadableVideos], [lines.length, 1]);
  },
});
