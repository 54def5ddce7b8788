import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { floatValues, readSafetensors } from "@videoms/core";
import { modelCard, withoutFolders } from "@videoms/data";
import { runCommandLine } from "../../../tasks/commands/line/run_command_line.ts";
import { command } from "../../../tasks/commands/publish_command.ts";
import { finetune } from "../../../tasks/runs/finetune/finetune.ts";
import { pretrain } from "../../../tasks/runs/pretrain/pretrain.ts";
import { openWeights } from "../../../tasks/runs/weights/open_weights.ts";
import { recordingOutput } from "../recording_output.ts";
import { checkpointTensors, folder, registry, smallFinetune, smallTask } from "../small_task.ts";

/** Devices and ffmpeg's caches outlive a test. */
const LASTING = { sanitizeOps: false, sanitizeResources: false };

/** Runs the command; gives its exit code and all that it said. */
async function publish(...args: string[]): Promise<{ code: number; said: string }> {
  const output = recordingOutput();
  const program = { name: "videoms", summary: "", commands: { publish: command } };
  const host = { output, debug: false, signal: new AbortController().signal };
  const code = await runCommandLine(program, ["publish", ...args], host);
  return { code, said: [...output.out, ...output.errors].join("") };
}

const textsOf = (out: string) =>
  Object.fromEntries(
    [...Deno.readDirSync(out)].map(({ name }) => [name, Deno.readTextFileSync(join(out, name))]),
  );

/** Checks the sums of a folder, and that no file of it names a folder of this machine. */
function checkFolder(out: string): Record<string, string> {
  const texts = textsOf(out);
  for (const line of texts["SHA256SUMS"].trimEnd().split("\n")) {
    const [sum, name] = line.split("  ");
    const bytes = Deno.readFileSync(join(out, name));
    assert.equal(createHash("sha256").update(bytes).digest("hex"), sum, name);
    assert.ok(texts["README.md"].includes(`| ${name} | ${bytes.length} | ${sum} |`), name);
  }
  for (const [name, text] of Object.entries(texts)) {
    for (const place of [folder, basename(folder), Deno.cwd(), Deno.env.get("HOME")!]) {
      assert.ok(!text.includes(place), `${name} names ${place}`);
    }
  }
  return texts;
}

/** Names of the tensors of a published folder, with their values in all. */
function tensorsOf(out: string): { names: string[]; values: number } {
  const file = join(out, "model.safetensors");
  const { tensors } = readSafetensors(Deno.readFileSync(file), file);
  const values = [...tensors.values()].reduce((sum, one) => sum + floatValues(one).length, 0);
  return { names: [...tensors.keys()], values };
}

Deno.test({
  name: "publish: a classifier is told with its data, figures and hashes, and loads here",
  ...LASTING,
  fn: async () => {
    const task = smallFinetune("published-finetune", { epochs: 1, optimizer: { emaDecay: 0.5 } });
    await finetune(task, registry);
    const out = `${folder}/for-others`;
    const { code, said } = await publish(task.out!, "--out", out, "--licence", "CC-BY-4.0");
    assert.equal(code, 0, said);
    const texts = checkFolder(out);
    assert.deepEqual(Object.keys(texts).sort(), [
      ...["README.md", "SHA256SUMS", "config.json", "data.json", "metrics.json"],
      ...["model.safetensors", "preprocessor_config.json", "training.json"],
    ]);
    const { names, values } = tensorsOf(out);
    assert.ok(names.includes("classifier.weight") && names.includes("fc_norm.weight"));
    const saved = await checkpointTensors(task, 3);
    const trained = [...saved].filter(([name]) => !/^(optimizer|average|ema|moment)/.test(name));
    assert.ok(trained.length < saved.size, "the checkpoint has more than weights");
    assert.ok(values < [...saved.values()].reduce((sum, { length }) => sum + length, 0) / 3);

    const card = texts["README.md"];
    assert.match(card, /^---\nlicense: cc-by-4\.0\nlibrary_name: transformers\n/);
    assert.match(
      card,
      /\| top-1 \| \d+\.\d\d % \| fine-tuning, validation, held-out videos \| 3 \|/,
    );
    assert.match(card, /\| train \| 12 \| [0-9a-f]{32} \|\n\| heldOut \| 4 \| [0-9a-f]{32} \|/);
    assert.match(card, /VideoMAEForVideoClassification\.from_pretrained/);
    assert.match(card, /reports biases of keys as missing and `q_bias`, `v_bias` as unexpected/);
    assert.ok(!card.includes("optimizer"), "what was left out is no limit of the model");
    const data = JSON.parse(texts["data.json"]);
    assert.deepEqual(data.train.samples[0].slice(0, 2), ["00000.mp4", 0]);
    assert.deepEqual(data.classes.length, 10);
    const training = JSON.parse(texts["training.json"]);
    assert.equal(training.task.data.dataset.options.dir, "shapes");
    assert.equal(training.task.optimizer.lr, task.optimizer.lr);
    const metrics: { name: string; split: string; step: number }[] = JSON.parse(
      texts["metrics.json"],
    );
    assert.ok(metrics.some(({ name, split }) => name === "top1" && split === "held-out"));

    const again = smallFinetune("from-published", { start: { from: out }, steps: 1, epochs: 1 });
    assert.equal((await finetune(again, registry)).steps, 1);
    const refused = await publish(task.out!, "--out", out);
    assert.equal(refused.code, 1);
    assert.match(refused.said, /must not be there yet.*--force/);
    const averaged = await publish(task.out!, "--out", out, "--force", "--average");
    assert.equal(averaged.code, 0);
    assert.notEqual(textsOf(out)["SHA256SUMS"], texts["SHA256SUMS"]);
    assert.match(textsOf(out)["README.md"], /## Licence\n\nNot stated\./);
  },
});

Deno.test({
  name: "publish: a network that Hugging Face has not is told in our layout, and loads here",
  ...LASTING,
  fn: async () => {
    const model = { qkNorm: true, mlp: "swiglu" as const };
    const task = smallTask("published-pretrain", { model, epochs: 1 });
    await pretrain(task, registry);
    const out = `${folder}/own-layout`;
    const { code, said } = await publish(task.out!, "--out", out);
    assert.equal(code, 0, said);
    const texts = checkFolder(out);
    assert.ok(!("config.json" in texts));
    assert.match(texts["README.md"], /transformers cannot load these weights: Cannot convert/);
    assert.ok(!texts["README.md"].includes("from_pretrained"));
    using opened = await openWeights(out);
    assert.equal(opened.task?.model.mlp, "swiglu");
    assert.ok(opened.tensors.size > 0);
  },
});

Deno.test("folders are left out wherever they stand, and nothing else changes", () => {
  assert.deepEqual(
    withoutFolders({
      a: ["/home/me/videos", { b: "C:\\videos\\a.mp4" }],
      c: "runs/a",
      d: null,
      e: 2,
      f: "file:///x/y",
      g: "/",
    }),
    { a: ["videos", { b: "a.mp4" }], c: "runs/a", d: null, e: 2, f: "y", g: "" },
  );
});

Deno.test("a card without licence, data or figures says so, and escapes what would break its tables", () => {
  const card = modelCard({
    name: "a",
    kind: "pretrain",
    licence: "For my friends",
    layout: "videoms",
    facts: { network: "x|y" },
    lists: [],
    classes: [],
    figures: [],
    notes: ["One thing more."],
    files: [],
  });
  assert.match(card, /^---\nlicense: other\nlicense_name: "For my friends"\ntags:\n- video\n/);
  assert.match(card, /\| network \| x\\\|y \|/);
  assert.match(card, /One thing more\./);
  assert.ok(!/## (Data|Figures|Classes)/.test(card));
});
