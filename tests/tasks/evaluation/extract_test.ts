import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import {
  AdamW,
  floatValues,
  initialParameters,
  integerValues,
  openDevice,
  Parameters,
  readSafetensors,
  type Safetensors,
  tidy,
} from "@videoms/core";
import { annotations } from "@videoms/data";
import { motionCentricTokens } from "@videoms/masking";
import {
  decodePart,
  type FeatureRow,
  type IndexRow,
  MaskedAutoencoder,
  patchify,
} from "@videoms/models";
import { restoreCheckpoint } from "../../../models/checkpoint/checkpoint_content.ts";
import { recordingOutput } from "../recording_output.ts";
import { folder, registry, smallFinetune, smallTask } from "../small_task.ts";
import { extract, type ExtractOptions } from "../../../tasks/evaluation/extract/extract.ts";
import { openEncoder } from "../../../tasks/runs/encoder/frozen_encoder.ts";
import { finetune } from "../../../tasks/runs/finetune/finetune.ts";
import { autoencoderOf } from "../../../tasks/runs/network/model_options.ts";
import { pretrain } from "../../../tasks/runs/pretrain/pretrain.ts";

/** Devices and ffmpeg's caches outlive a test. */
const LASTING = { sanitizeOps: false, sanitizeResources: false };

const pretraining = smallTask("features-pretrain", { steps: 2, epochs: 1 });
const finetuning = smallFinetune("features-finetune", { steps: 2, epochs: 1 });
await pretrain(pretraining, registry);
await finetune(finetuning, registry);
const device = await openDevice({ backend: "wasm" });

function run(out: string, options: Partial<ExtractOptions> = {}) {
  return extract(registry, { from: pretraining.out!, out: `${folder}/${out}`, ...options });
}

async function shard(out: string, name = "shard-00000.safetensors"): Promise<Safetensors> {
  return readSafetensors(await Deno.readFile(`${folder}/${out}/${name}`), name);
}

/** Sums of a batched product may be taken in another order for other batches. */
function assertNear(found: readonly Float32Array[], expected: readonly Float32Array[]): void {
  assert.equal(found.length, expected.length);
  found.forEach((vector, i) =>
    vector.forEach((value, k) => assert.ok(Math.abs(value - expected[i][k]) < 1e-5))
  );
}

/** Features of every row of an extraction. */
async function vectors(out: string, rows: readonly IndexRow[]): Promise<Float32Array[]> {
  const files = new Map<string, Float32Array>();
  const placed = rows.filter((row): row is FeatureRow => "shard" in row);
  for (const { shard: name } of placed) {
    if (!files.has(name)) {
      files.set(name, floatValues((await shard(out, name)).tensors.get("features")!));
    }
  }
  return placed.map(({ shard, place }) => files.get(shard)!.slice(place * 24, (place + 1) * 24));
}

Deno.test({
  name: "an encoder gives the features that the run's network computes",
  ...LASTING,
  fn: async () => {
    const { geometry } = autoencoderOf(pretraining);
    const model = new MaskedAutoencoder(autoencoderOf(pretraining));
    const parameters = new Parameters(model.specs, initialParameters(model.specs, 0));
    const optimizer = new AdamW(device, parameters);
    const path = `${pretraining.out}/checkpoints/step-00000002.safetensors`;
    const subject = {
      network: "pretrain" as const,
      geometry,
      parameters,
      optimizer,
      average: null,
    };
    restoreCheckpoint(subject, await Deno.readFile(path), path);
    const pixels = Uint8Array.from({ length: 2 * 8 * 32 * 32 * 3 }, (_, i) => (i * 7919) % 251);
    const all = Array.from({ length: 2 }, () => Array.from({ length: 64 }, (_, n) => n));
    const expected = tidy(() =>
      model.encode(parameters, patchify(pixels, geometry), tf.tensor2d(all, [2, 64], "int32"))
    );
    for (const from of [pretraining.out!, path]) {
      await using encoder = await openEncoder(from, registry);
      assert.deepEqual([encoder.checkpoint.step, encoder.width], [2, 24]);
      const before = tf.memory().numTensors;
      const features = await encoder.features({ pixels, batch: 2 });
      assert.deepEqual(await features.tokens.data(), await expected.data());
      assert.deepEqual(features.kept.shape, [2, 64]);
      tf.dispose([features.tokens, features.pooled, features.kept]);
      assert.equal(tf.memory().numTensors, before);
    }
    tf.dispose(expected);
    parameters.dispose();
    optimizer.dispose();
    model.dispose();
  },
});

Deno.test({
  name: "a fine-tuned encoder looks at the tokens that its classifier looks at",
  ...LASTING,
  fn: async () => {
    await using own = await openEncoder(finetuning.out!, registry);
    assert.equal(own.tokens.count(own.model.grid), 38);
    await using other = await openEncoder(finetuning.out!, registry, {
      tokens: motionCentricTokens({ dropRatio: 0.75 }),
    });
    assert.equal(other.tokens.count(other.model.grid), 16);
    assert.match(
      own.report.explain,
      /head.weight \[\d+,\d+\], head.bias \[\d+\] \(features are taken before the head\)/,
    );
  },
});

Deno.test({
  name: "what is no encoder is refused with its reason",
  ...LASTING,
  fn: async () => {
    const open = (from: string, weights?: "average") => openEncoder(from, registry, { weights });
    await assert.rejects(open(`${folder}/nothing`), /must hold a run, got no task.json/);
    await assert.rejects(open(`${folder}/nothing.safetensors`), /got ".*", which is not there/);
    await assert.rejects(open(pretraining.out!, "average"), /an average of its weights, got none/);
    await run("as-encoder");
    await assert.rejects(
      open(`${folder}/as-encoder/shard-00000.safetensors`),
      /must hold the patch embedding .* got "features"/,
    );
    const damaged = `${folder}/damaged-run`;
    await Deno.mkdir(`${damaged}/checkpoints`, { recursive: true });
    await Deno.copyFile(`${pretraining.out}/task.json`, `${damaged}/task.json`);
    await assert.rejects(open(damaged), /must have a whole checkpoint, got none/);
    for (const ending of ["json", "safetensors"]) {
      const name = `checkpoints/step-00000002.${ending}`;
      await Deno.copyFile(`${pretraining.out}/${name}`, `${damaged}/${name}`);
    }
    await Deno.truncate(`${damaged}/checkpoints/step-00000002.safetensors`, 1000);
    await assert.rejects(open(damaged), /should have \d+ bytes and has 1000/);
  },
});

Deno.test({
  name: "features do not depend on batches, files or interruptions",
  ...LASTING,
  fn: async () => {
    const views = { split: "train" as const, segments: 2, crops: 1 };
    const whole = await run("whole", views);
    assert.deepEqual([whole.shards, whole.rows.length], [1, 24]);
    const expected = await vectors("whole", whole.rows);
    // 5 videos a file: 2 views of 24 float32 values each.
    const parted = { ...views, shardBytes: 5 * 2 * 24 * 4, batch: 3 };
    const parts = await run("parts", parted);
    assert.equal(parts.shards, 3);
    assert.deepEqual(
      parts.rows.map(({ row, segment, file }) => [row, segment, file]),
      whole.rows.map(({ row, segment, file }) => [row, segment, file]),
    );
    assertNear(await vectors("parts", parts.rows), expected);

    const stop = new AbortController();
    const stopped = `${folder}/stopped-features`;
    const watcher = setInterval(async () => {
      const first = await Deno.stat(`${stopped}/shard-00000.jsonl`).catch(() => null);
      if (first) stop.abort(new Error("enough"));
    }, 1);
    await assert.rejects(
      run("stopped-features", { ...parted, batch: 1, signal: stop.signal }),
      /enough/,
    );
    clearInterval(watcher);
    const resumed = await run("stopped-features", parted);
    assert.ok(resumed.found >= 1);
    assert.deepEqual(resumed.rows, parts.rows);
    assertNear(await vectors("stopped-features", resumed.rows), expected);
    const names = [...Deno.readDirSync(stopped)].map(({ name }) => name).sort();
    assert.deepEqual(names, [
      ".lock",
      "extraction.json",
      "index.jsonl",
      ...[0, 1, 2].map((n) => `shard-0000${n}.safetensors`),
    ]);

    const within = new AbortController();
    const part = `${folder}/within/shard-00000.part`;
    const output = {
      ...recordingOutput(),
      status: {
        isTerminal: true,
        columns: () => 80,
        now: () => performance.now() * 1000, // every text is shown
        write: (text: string) =>
          void (/ [5-9]\/12 videos/.test(text) && within.abort(new Error("enough"))),
      },
    };
    await assert.rejects(
      run("within", { ...views, batch: 1, signal: within.signal, output }),
      /enough/,
    );
    const { videos, views: kept } = decodePart(await Deno.readFile(part), part);
    assert.ok(videos >= 5 && videos < 12, `${videos}`);
    assert.equal(kept.length, 2 * videos);
    const gone = await run("within", views);
    assert.deepEqual(gone.rows, whole.rows);
    assertNear(await vectors("within", gone.rows), expected);
    await assert.rejects(Deno.stat(part), Deno.errors.NotFound);

    const again = await run("parts", parted);
    assert.deepEqual([again.found, again.rows], [3, parts.rows]);
    await assert.rejects(
      run("parts", { ...parted, segments: 1 }),
      /views.segments was 2 and is now 1/,
    );
    assert.equal((await run("parts", { ...parted, segments: 1, fresh: true })).rows.length, 12);
    await assert.rejects(run("../" + folder.split("/").at(-1)!), /must be empty or hold features/);
  },
});

Deno.test({
  name: "tokens, averaged views and half precision are stored as asked for",
  ...LASTING,
  fn: async () => {
    const each = await run("each", { split: "heldOut", segments: 2 });
    const merged = await run("merged", { split: "heldOut", segments: 2, mergeViews: true });
    assert.equal(merged.rows.length, 4);
    const vectorsOfEach = await vectors("each", each.rows);
    (await vectors("merged", merged.rows)).forEach((vector, i) =>
      vector.forEach((value, k) => {
        const mean = (vectorsOfEach[2 * i][k] + vectorsOfEach[2 * i + 1][k]) / 2;
        assert.ok(Math.abs(value - mean) < 1e-6);
      })
    );

    const tokens = motionCentricTokens({ dropRatio: 0.5 });
    await run("tokens", { split: "heldOut", features: "tokens", tokens });
    const { tensors, metadata } = await shard("tokens");
    assert.deepEqual(tensors.get("features")!.shape, [4, 32, 24]);
    const kept = integerValues(tensors.get("kept")!);
    assert.deepEqual(tensors.get("kept")!.shape, [4, 32]);
    assert.ok(kept.every((n, i) => n >= 0 && n < 64 && (i % 32 === 0 || n > kept[i - 1])));
    assert.equal(JSON.parse(metadata.extraction).tokens.options.dropRatio, 0.5);

    await run("half", { split: "heldOut", features: "tokens", tokens, type: "float16" });
    const half = (await shard("half")).tensors.get("features")!;
    assert.equal(half.type, "F16");
    const full = floatValues(tensors.get("features")!);
    floatValues(half).forEach((value, i) =>
      assert.ok(Math.abs(value - full[i]) <= Math.abs(full[i]) * 2 ** -11 + 1e-7)
    );
    await assert.rejects(run("no", { features: "tokens", mergeViews: true }), /"pooled" only/);
  },
});

Deno.test({
  name: "videos that cannot be read are rows of the index",
  ...LASTING,
  fn: async () => {
    const { rows } = await run("of-shapes");
    const good = rows.slice(0, 2).map(({ file }) => file);
    const bad = `${folder}/bad.mp4`;
    await Deno.writeTextFile(bad, "no video");
    const list = `${folder}/list.txt`;
    await Deno.writeTextFile(list, `${good[0]} 1\n${bad} 0\n${good[1]} 1\n`);
    const result = await run("listed", { dataset: annotations({ train: list }) });
    assert.deepEqual(result.rows.map(({ row, label, file }) => [row, label, file]), [
      [0, 1, good[0]],
      [1, 0, bad],
      [2, 1, good[1]],
    ]);
    assert.ok("error" in result.rows[1] && result.rows[1].error !== "");
    assertNear(
      await vectors("listed", result.rows),
      (await vectors("of-shapes", rows)).slice(0, 2),
    );
    await assert.rejects(
      run("none-held-out", { dataset: annotations({ train: list }), split: "heldOut" }),
      /must have held-out videos for split "heldOut", got none/,
    );
  },
});
