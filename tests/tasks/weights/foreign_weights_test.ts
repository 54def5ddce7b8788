import assert from "node:assert/strict";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { floatBytes, Parameters, readSafetensors, type StoredTensor, tidy } from "@videoms/core";
import {
  learned,
  MaskedAutoencoder,
  patchify,
  planAutoencoderWeights,
  planClassifierWeights,
  positionTable,
  readPlannedValues,
  VideoClassifier,
} from "@videoms/models";
import { openEncoder } from "../../../tasks/runs/encoder/frozen_encoder.ts";
import { describeTask } from "../../../tasks/runs/describe_task.ts";
import { pretrain } from "../../../tasks/runs/pretrain/pretrain.ts";
import {
  goldenGeometry,
  goldenPixels,
  goldenStack,
  goldenTensor,
  indexTensor,
  indicesOfOnes,
  parseGoldenCase,
} from "../../../models/testing/golden_case.ts";
import { modelOf, openWeights } from "../../../tasks/runs/weights/open_weights.ts";
import { testOnBackends, valuesOf } from "../../backends.ts";
import { changed, huggingFace, largestDifference } from "./hugging_face_folder.ts";
import { registry, smallFinetune, smallTask } from "../small_task.ts";

const golden = fileURLToPath(new URL("../../golden/", import.meta.url));
const LASTING = { sanitizeOps: false, sanitizeResources: false };

/** The model of every golden checkpoint. */
const model = {
  width: 48,
  heads: 3,
  decoderWidth: 24,
  decoderDepth: 2,
  decoderHeads: 2,
  frames: 16,
};
const { decoderWidth: _, decoderDepth: __, decoderHeads: ___, ...encoderModel } = model;

testOnBackends("a folder of Hugging Face gives the logits that it is known for", async () => {
  using weights = await openWeights(huggingFace);
  const known = modelOf(weights);
  const { imageSize, frames, patchSize, tubeletSize, heads, classes, width, depth } = known;
  const clip = { imageSize: imageSize!, frames: frames!, patchSize };
  const geometry = { ...clip, tubeletSize: tubeletSize! };
  const norms = { normEpsilon: known.normEpsilon!, finalNormEpsilon: known.headNormEpsilon! };
  const encoder = { width, depth, heads: heads!, ...norms };
  const network = new VideoClassifier({ geometry, encoder, classes: classes! });
  const { specs } = network;
  const plan = planClassifierWeights(weights.tensors, network);
  assert.deepEqual([plan.report.missing, plan.report.unused], [[], []]);
  const values = await readPlannedValues(plan, weights.tensors, { specs, geometry });
  const parameters = new Parameters(specs, values);
  const expected = readSafetensors(await Deno.readFile(`${huggingFace}/expected.safetensors`));
  const recorded = { name: "hf-videomae", ...expected };
  const { pixels, batch } = goldenPixels(recorded);
  const all = Array.from({ length: batch }, () => Int32Array.from({ length: 128 }, (_, n) => n));
  const logits = tidy(() =>
    network.classify(
      parameters,
      network.features(parameters, patchify(pixels, geometry), indexTensor(all)),
    )
  );
  const wanted = goldenTensor(recorded, "expect.logits").values;
  assert.ok(largestDifference(await valuesOf(logits), wanted) < 1e-5);
  parameters.dispose();
  network.dispose();
});

/** The largest error of each reference checkpoint: matrices of one are float16. */
const checkpoints = {
  "reference-pretrain": 1e-5,
  "reference-legacy": 1e-5,
  "reference-half": 2e-2,
};

for (const [name, tolerance] of Object.entries(checkpoints)) {
  testOnBackends(`${name}.pth reconstructs what was recorded with its weights`, async () => {
    const path = `${golden}../../tasks/commands/verify/cases/pretrain-motion-centric.safetensors`;
    const recorded = parseGoldenCase(await Deno.readFile(path), basename(path))!;
    const geometry = goldenGeometry(recorded);
    const network = new MaskedAutoencoder({
      geometry,
      encoder: goldenStack(recorded, "encoder"),
      decoder: goldenStack(recorded, "decoder"),
    });
    const { specs } = network;
    using weights = await openWeights(`${golden}${name}.pth`);
    const plan = planAutoencoderWeights(weights.tensors, network);
    assert.equal(plan.report.used.length, specs.length);
    const parameters = new Parameters(
      specs,
      await readPlannedValues(plan, weights.tensors, { specs, geometry }),
    );
    const indices = (key: string) => indexTensor(indicesOfOnes(goldenTensor(recorded, key)));
    const output = tidy(() =>
      network.reconstruct(parameters, patchify(goldenPixels(recorded).pixels, geometry), {
        visible: indices("expect.visible.0"),
        target: indices("expect.target.0"),
      })
    );
    const wanted = goldenTensor(recorded, "expect.output").values;
    const error = largestDifference(await valuesOf(output), wanted);
    assert.ok(error < tolerance, `${error}`);
    parameters.dispose();
    network.dispose();
  }, ["cpu", "wasm", "webgpu"]);
}

for (const from of ["reference-pretrain.pth", "reference-half.pth", "reference-legacy.pth"]) {
  Deno.test({
    name: `${from} starts a pre-training and a fine-tuning, and every tensor is accounted for`,
    ...LASTING,
    fn: async () => {
      const start = { from: golden + from };
      const before = await describeTask(smallTask("unused", { model, start }), registry);
      assert.match(before, /loaded: 62 of the masked autoencoder's 62 tensors/);
      assert.match(
        before,
        /not stored with the weights: heads 3, decoderHeads 2, as the task has it/,
      );
      const finetuning = smallFinetune("unused", { model: encoderModel, start });
      const after = await describeTask(finetuning, registry);
      assert.match(after, /loaded: 28 of the classifier's 32 tensors/);
      assert.match(
        after,
        /newly initialised: fc_norm\.weight \[48\], .*head\.bias \[\d+\] \(the checkpoint has no head/,
      );
      assert.match(after, /ignored: encoder\.norm\.weight/);
      if (from === "reference-pretrain.pth") assert.match(after, /beside the weights: optimizer/);
    },
  });
}

Deno.test({
  name: "a pre-training starts from PyTorch's weights, notes it, and its file starts the next",
  ...LASTING,
  fn: async () => {
    const first = smallTask("from-pth", {
      model,
      start: { from: `${golden}reference-pretrain.pth` },
      steps: 1,
      optimizer: { lr: 1e-12, minLr: 0, warmupEpochs: 0 },
    });
    await pretrain(first, registry);
    const { start } = JSON.parse(await Deno.readTextFile(`${first.out}/task.json`));
    assert.deepEqual([start.used.length, start.missing, start.unused], [62, [], []]);
    using own = await openWeights(first.out!);
    using given = await openWeights(`${golden}reference-pretrain.pth`);
    for (const name of ["encoder.blocks.1.attn.qkv.weight", "decoder.head.bias", "mask_token"]) {
      const [a, b] = await Promise.all(
        [own, given].map(async ({ tensors }) =>
          new Float32Array((await tensors.get(name)!.read()).slice().buffer)
        ),
      );
      assert.ok(largestDifference(a, b) < 1e-6, name);
    }
    const dry = await describeTask(
      smallTask("unused", { model, start: { from: first.out } }),
      registry,
    );
    assert.match(dry, /loaded: 62 of .*\n.*note: beside the weights: optimizer \(124 tensors\)/);
  },
});

Deno.test({
  name: "a frozen encoder is opened from weights of PyTorch and of Hugging Face",
  ...LASTING,
  fn: async () => {
    await using encoder = await openEncoder(huggingFace, registry);
    assert.deepEqual([encoder.width, encoder.checkpoint.step], [48, 0]);
    assert.equal(encoder.tokens.count(encoder.model.grid), 128);
    await assert.rejects(
      openEncoder(`${golden}reference-half.pth`, registry),
      /heads of the model in .*reference-half\.pth must be known.*convert/,
    );
  },
});

function table(tokens: number, scale: number): StoredTensor {
  const values = positionTable(tokens, 48).map((value) => value * scale);
  return { type: "F32", shape: [1, tokens, 48], bytes: floatBytes(values) };
}

const POSITIONS = "videomae.embeddings.position_embeddings";

Deno.test("stored positions are computed anew if they are a sine-cosine table, else learned", async () => {
  const from = await changed("fixed", (tensors) => tensors.set(POSITIONS, table(32, 1)));
  const text = await describeTask(
    smallFinetune("unused", { model: encoderModel, start: { from } }),
    registry,
  );
  assert.match(
    text,
    /ignored: pos_embed \[1,32,48\] \(the sine-cosine table of 32 tokens, computed/,
  );
  const other = await changed("learned", (tensors) => tensors.set(POSITIONS, table(32, 0.9)));
  const learnedFrom = (positions: object) =>
    describeTask(
      smallFinetune("unused", { model: { ...encoderModel, ...positions }, start: { from: other } }),
      registry,
    );
  await assert.rejects(
    learnedFrom({}),
    /got positions "sine-cosine" .* --set model\.positions=learned --set model\.positions\.separate=false/,
  );
  const positions = learned({ separate: false });
  assert.match(await learnedFrom({ positions }), /loaded: 31 of the classifier's 33 tensors/);
});

const finetuneFrom = (from: string, more: object = {}) =>
  describeTask(
    smallFinetune("unused", { model: { ...encoderModel, ...more }, start: { from } }),
    registry,
  );

Deno.test("a model that is not that of the weights is told what to set", async () => {
  await assert.rejects(
    finetuneFrom(huggingFace, { width: 24, heads: 2, patchSize: 4 }),
    /got width 24 for 48, heads 2 for 3, patchSize 4 for 8\. Set it with --set model\.width=48 --set model\.heads=3 --set model\.patchSize=8\.$/,
  );
  const text = await finetuneFrom(huggingFace, { frames: 8, normEpsilon: 1e-5 });
  assert.match(text, /resized: clips of 8 frames of 32 × 32 in place of 16 of 32 × 32/);
  assert.match(text, /--set model\.normEpsilon=0\.000001 makes them equal/);
});

Deno.test("what a checkpoint lacks is not made up", async () => {
  const bias = "videomae.encoder.layer.1.attention.attention.q_bias";
  const unbiased = await changed("unbiased", (tensors) => tensors.delete(bias));
  await assert.rejects(
    finetuneFrom(unbiased),
    /must hold the whole encoder, missing, got "blocks\.1\.attn\.q_bias" \[48\]/,
  );
  await assert.rejects(
    finetuneFrom(`${golden}schedules.json`),
    /Cannot read weights .*schedules\.json/,
  );
  await assert.rejects(finetuneFrom(golden), /must hold a run, got no task\.json/);
});
