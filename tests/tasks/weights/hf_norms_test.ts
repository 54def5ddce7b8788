import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { floatBytes, Parameters, tidy, writeSafetensors } from "@videoms/core";
import {
  type KnownModel,
  MaskedAutoencoder,
  patchify,
  planAutoencoderWeights,
  planClassifierWeights,
  readPlannedValues,
  VideoClassifier,
} from "@videoms/models";
import { convertWeights } from "../../../tasks/runs/weights/convert/convert.ts";
import { describeTask } from "../../../tasks/runs/describe_task.ts";
import { openEncoder } from "../../../tasks/runs/encoder/frozen_encoder.ts";
import { autoencoderOf, classifierOf } from "../../../tasks/runs/network/model_options.ts";
import { indexTensor } from "../../../models/testing/golden_case.ts";
import { modelOf, openWeights } from "../../../tasks/runs/weights/open_weights.ts";
import { taskOfWeights } from "../../../tasks/runs/weights/task_of_weights.ts";
import type { FinetuneTask } from "../../../tasks/definition/finetune_task.ts";
import type { PretrainTask } from "../../../tasks/definition/pretrain_task.ts";
import { testOnBackends, valuesOf } from "../../backends.ts";
import { xorshift32 } from "../../xorshift32.ts";
import { largestDifference } from "./hugging_face_folder.ts";
import { folder, registry, smallFinetune } from "../small_task.ts";

/** What transformers gives, and of which configuration; `make_hf_norms.py` made it. */
const golden = JSON.parse(
  await Deno.readTextFile(fileURLToPath(new URL("../../golden/hf-norms.json", import.meta.url))),
);

/** Writes the folder that `save_pretrained` would, with the weights that the recorded run had. */
async function huggingFaceFolder(
  network: "classifier" | "pretrain",
  seed: number,
): Promise<string> {
  const draw = xorshift32(seed);
  const shapes: Record<string, number[]> = golden.tensors[network];
  const tensors = Object.keys(shapes).sort().map((name) => {
    const shape = shapes[name];
    const one = shape.length === 1 && name.includes("norm") && name.endsWith("weight") ? 1 : 0;
    const scale = /^(classifier|decoder\.head)\./.test(name) ? 4 : 0.02;
    const count = shape.reduce((product, side) => product * side, 1);
    const values = Float32Array.from({ length: count }, () => (draw() - 0.5) * scale + one);
    return [name, { type: "F32" as const, shape, bytes: floatBytes(values) }] as const;
  });
  const out = `${folder}/hf-${network}`;
  await Deno.mkdir(out, { recursive: true });
  const parts = writeSafetensors(new Map(tensors), { format: "pt" }) as BlobPart[];
  await Deno.writeFile(
    `${out}/model.safetensors`,
    new Uint8Array(await new Blob(parts).arrayBuffer()),
  );
  const config = { ...golden.config, use_mean_pooling: network === "classifier" };
  await Deno.writeTextFile(`${out}/config.json`, JSON.stringify(config));
  return out;
}

const draw = xorshift32(5);
const pixels = Uint8Array.from({ length: 4 * 8 * 8 * 3 }, () => Math.floor(draw() * 256));

/** Largest difference of a classifier's scores from the recorded ones. */
async function classifierError(from: string, more: Partial<KnownModel> = {}): Promise<number> {
  using weights = await openWeights(from);
  const known = { ...modelOf(weights), ...more };
  const task = taskOfWeights(known, from) as FinetuneTask;
  const options = classifierOf(task, known.classes!);
  const network = new VideoClassifier(options);
  const { specs } = network;
  const { geometry } = options;
  const plan = planClassifierWeights(weights.tensors, network);
  const values = await readPlannedValues(plan, weights.tensors, { specs, geometry });
  const parameters = new Parameters(specs, values);
  const scores = tidy(() => {
    const all = indexTensor([Int32Array.from({ length: 8 }, (_, n) => n)]);
    const features = network.features(parameters, patchify(pixels, geometry), all);
    return network.classify(parameters, features);
  });
  const error = largestDifference(await valuesOf(scores), golden.logits);
  parameters.dispose();
  network.dispose();
  return error;
}

/** Largest difference of an autoencoder's predictions from the recorded ones. */
async function autoencoderError(from: string, more: Partial<KnownModel> = {}): Promise<number> {
  using weights = await openWeights(from);
  const task = taskOfWeights({ ...modelOf(weights), ...more }, from) as PretrainTask;
  const options = autoencoderOf(task);
  const network = new MaskedAutoencoder(options);
  const { specs } = network;
  const { geometry } = options;
  const plan = planAutoencoderWeights(weights.tensors, network);
  const values = await readPlannedValues(plan, weights.tensors, { specs, geometry });
  const parameters = new Parameters(specs, values);
  const target: number[] = golden.masked;
  const visible = Array.from({ length: 8 }, (_, n) => n).filter((n) => !target.includes(n));
  const predicted = tidy(() =>
    network.reconstruct(parameters, patchify(pixels, geometry), {
      visible: indexTensor([Int32Array.from(visible)]),
      target: indexTensor([Int32Array.from(target)]),
    })
  );
  const every = (await valuesOf(predicted)).filter((_, i) => i % 8 === 0);
  parameters.dispose();
  network.dispose();
  return largestDifference(every, golden.predicted);
}

testOnBackends("both norms of Hugging Face's with an epsilon of their own keep it", async () => {
  const classifier = await huggingFaceFolder("classifier", 1);
  const pretrain = await huggingFaceFolder("pretrain", 2);
  assert.ok(await classifierError(classifier) < 5e-6);
  assert.ok(await autoencoderError(pretrain) < 5e-6);
  // As large as the difference is that they make.
  assert.ok(await classifierError(classifier, { headNormEpsilon: 1e-12 }) > 5e-5);
  assert.ok(await autoencoderError(pretrain, { decoderFinalNormEpsilon: 1e-12 }) > 5e-5);
});

testOnBackends("they keep it through our layout and back", async () => {
  const ways = [["classifier", 1, classifierError], ["pretrain", 2, autoencoderError]] as const;
  for (const [network, seed, errorOf] of ways) {
    const first = await huggingFaceFolder(network, seed);
    const own = `${folder}/norms-${network}.safetensors`;
    await convertWeights({ from: first, to: "videoms", out: own, force: true });
    assert.ok(await errorOf(own) < 5e-6);
    const back = `${folder}/norms-${network}`;
    const { notes } = await convertWeights({
      from: own,
      to: "hugging-face",
      out: back,
      force: true,
    });
    assert.deepEqual(notes, []);
    assert.ok(await errorOf(back) < 5e-6);
  }
}, ["cpu"]);

Deno.test("weights whose norms transformers computes otherwise are told when they are converted", async () => {
  const from = await huggingFaceFolder("classifier", 1);
  const pytorch = `${folder}/norms.pth`;
  await convertWeights({ from, to: "pytorch", out: pytorch });
  const facts = { heads: 3, imageSize: 8, frames: 4, normEpsilon: 1e-6 };
  const options = { from: pytorch, to: "hugging-face", out: `${folder}/norms-told` } as const;
  const { notes } = await convertWeights({ ...options, facts });
  assert.deepEqual(notes, [
    "transformers uses epsilon 0.00001 in fc_norm, the weights' model 0.000001: outputs " +
    "differ slightly, which a configuration cannot express",
  ]);
  const told = { ...facts, headNormEpsilon: 1e-5 };
  assert.deepEqual((await convertWeights({ ...options, force: true, facts: told })).notes, []);
});

Deno.test("a run and an encoder are told the epsilons, and have them", async () => {
  const from = await huggingFaceFolder("classifier", 1);
  const model = { width: 24, depth: 2, heads: 3, imageSize: 8, patchSize: 4, frames: 4 };
  const text = (more: object) =>
    describeTask(
      smallFinetune("unused", { model: { ...model, ...more }, start: { from } }),
      registry,
    );
  const told = await text({});
  assert.match(told, /norms add 0\.000001 .* --set model\.normEpsilon=1e-12 makes them equal/);
  assert.match(told, /head adds 0\.000001 .* --set model\.headNormEpsilon=0\.00001 makes/);
  assert.doesNotMatch(
    await text({ normEpsilon: 1e-12, headNormEpsilon: 1e-5 }),
    /makes them equal/,
  );
  await using encoder = await openEncoder(from, registry);
  const { normEpsilon, finalNormEpsilon } = encoder.model.options.encoder;
  assert.deepEqual([normEpsilon, finalNormEpsilon], [1e-12, 1e-5]);
});
