import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parseCommand } from "@videoms/data/console";
import { command as convertCommand } from "../../../tasks/commands/convert_command.ts";
import {
  type Conversion,
  convertWeights,
  type Layout,
} from "../../../tasks/runs/weights/convert/convert.ts";
import { pretrain } from "../../../tasks/runs/pretrain/pretrain.ts";
import { modelOf, openWeights } from "../../../tasks/runs/weights/open_weights.ts";
import { folder, registry, smallTask } from "../small_task.ts";

const golden = fileURLToPath(new URL("../../golden/", import.meta.url));
const huggingFace = `${golden}hf-videomae`;

const facts = { heads: 3, decoderHeads: 2, imageSize: 32 };

function convert(from: string, to: Layout, out: string, more: object = {}): Promise<Conversion> {
  return convertWeights({ from, to, out: `${folder}/${out}`, ...more });
}

/** Types, shapes and bytes of all tensors, under PyTorch's names. */
async function contents(from: string): Promise<Record<string, unknown>> {
  using weights = await openWeights(from);
  const all: Record<string, unknown> = {};
  for (const [name, tensor] of weights.tensors) {
    all[name] = [tensor.type, tensor.shape, (await tensor.read()).toString()];
  }
  return all;
}

for (const from of ["hf-videomae", "reference-pretrain.pth", "reference-half.pth"]) {
  Deno.test(`${from} goes through every layout and comes back byte by byte`, async () => {
    const wanted = await contents(golden + from);
    const steps: Layout[] = ["pytorch", "videoms", "hugging-face", "videoms", "pytorch"];
    let last = golden + from;
    for (const [i, to] of steps.entries()) {
      const out = `round-${from}-${i}`;
      await convert(last, to, out, { facts });
      last = `${folder}/${out}`;
      assert.deepEqual(await contents(last), wanted, to);
    }
  });
}

Deno.test("a conversion that is stopped leaves no file", async () => {
  const stop = new AbortController();
  stop.abort(new Error("enough"));
  await assert.rejects(
    convert(huggingFace, "pytorch", "stopped/weights.pth", { signal: stop.signal }),
    /^Error: enough$/,
  );
  assert.deepEqual([...Deno.readDirSync(`${folder}/stopped`)], []);
});

Deno.test("what is known of a model goes along, into the configuration and out of it", async () => {
  using first = await openWeights(huggingFace);
  await convert(huggingFace, "videoms", "known.safetensors");
  await convert(`${folder}/known.safetensors`, "hugging-face", "known");
  using last = await openWeights(`${folder}/known`);
  assert.deepEqual(modelOf(last), { ...modelOf(first), decoderHeads: 6 });
  const config = JSON.parse(await Deno.readTextFile(`${folder}/known/config.json`));
  const given = JSON.parse(await Deno.readTextFile(`${huggingFace}/config.json`));
  for (const [field, value] of Object.entries(config)) assert.deepEqual(value, given[field], field);
});

Deno.test({
  name: "a run becomes a folder of Hugging Face with nothing to be told",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const task = smallTask("converted-run", { steps: 1, optimizer: { emaDecay: 0.5 } });
    await pretrain(task, registry);
    const { notes, tensors } = await convert(task.out!, "hugging-face", "run-there");
    assert.deepEqual(notes, [
      `not converted: the file has other weights too (${tensors} tensors), which are loaded with ` +
      '"#average" after the path',
      `not converted: beside the weights: optimizer (${2 * tensors} tensors)`,
      "transformers uses epsilon 0.00001 in decoder.norm, the weights' model 0.000001: outputs " +
      "differ slightly, which a configuration cannot express",
    ]);
    using there = await openWeights(`${folder}/run-there`);
    const { heads, decoderHeads, imageSize, frames, depth } = modelOf(there);
    assert.deepEqual([heads, decoderHeads, imageSize, frames, depth], [2, 2, 32, 8, 2]);
    await convert(task.out!, "pytorch", "average.pth", { average: true });
    const averaged = await contents(`${folder}/average.pth`);
    assert.deepEqual(averaged, await contents(`${task.out}#average`));
    assert.notDeepEqual(averaged, await contents(task.out!));
  },
});

Deno.test("conversions that cannot be are refused, and leave nothing", async () => {
  await Deno.writeTextFile(`${folder}/here`, "");
  await assert.rejects(convert(huggingFace, "pytorch", "here"), /must not be there yet.*--force/);
  await convert(huggingFace, "pytorch", "here", { force: true });
  assert.equal((await Deno.stat(`${folder}/here`)).size > 3e5, true);
  const pth = `${golden}reference-half.pth`;
  await assert.rejects(
    convert(pth, "hugging-face", "unknown"),
    /--heads must be given, got weights that do not say it: .*reference-half\.pth/,
  );
  await assert.rejects(
    convert(pth, "videoms", "unknown", { average: true }),
    /an average of its weights, got none beside weights without a name \(62 tensors\)/,
  );
  await assert.rejects(
    convert(`${golden}positions.safetensors`, "pytorch", "unknown"),
    /patch embedding/,
  );
  await assert.rejects(Deno.stat(`${folder}/unknown`), Deno.errors.NotFound);
  for (const [flag, other] of [["--to", "--out"], ["--out", "--to"]]) {
    const args = [pth, flag, "pytorch"];
    assert.throws(() => parseCommand(convertCommand, args), new RegExp(`${other} must be given`));
  }
});
