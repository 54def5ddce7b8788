import assert from "node:assert/strict";
import {
  type Device,
  findAdapter,
  type GemmSizes,
  GemmTuning,
  gemmTuning,
  openDevice,
} from "@videoms/core";
import { currentVersions } from "../../tasks/runs/folder/versions.ts";
import { GEMM_TILES } from "../../core/webgpu/gemm/gemm_tile.ts";
import { finetune } from "../../tasks/runs/finetune/finetune.ts";
import { pretrain } from "../../tasks/runs/pretrain/pretrain.ts";
import {
  openTuning,
  type RunTuning,
  type TuneChoice,
} from "../../tasks/runs/training/run_tuning.ts";
import { isSkipped } from "../backends.ts";
import { folder, registry, smallFinetune, smallTask, stepLines } from "./small_task.ts";

/** Devices and ffmpeg's caches outlive a test. */
const LASTING = { ignore: isSkipped("webgpu"), sanitizeOps: false, sanitizeResources: false };

const IS_SOFTWARE = (await findAdapter())?.software === true;

const TWO_STEPS = { batch: 2, steps: 2, backend: "webgpu" } as const;

/** Lines about matrix products that a run prints for people. */
async function linesOf(run: () => Promise<unknown>): Promise<string[]> {
  const lines: string[] = [];
  const { error } = console;
  const { writeSync } = Deno.stderr;
  const take = (text: string) => {
    lines.push(...text.split(/[\r\n]+/).filter((line) => /^(Measur|Ignored|Nothing)/.test(line)));
  };
  console.error = take;
  Deno.stderr.writeSync = (bytes) => {
    take(new TextDecoder().decode(bytes));
    return bytes.length;
  };
  try {
    await run();
  } finally {
    console.error = error;
    Deno.stderr.writeSync = writeSync;
  }
  return lines;
}

function pretrainLines(tuningFile: string, tune?: TuneChoice): Promise<string[]> {
  const options = { fresh: true, tune, tuningFile, tuneSeconds: 0 }; // time for one product
  return linesOf(() => pretrain(smallTask("tuned", TWO_STEPS), registry, options));
}

async function contentOf(file: string) {
  return JSON.parse(await Deno.readTextFile(file));
}

/** Products that a file has choices for, with the tiles. */
async function choicesOf(file: string): Promise<Record<string, string>> {
  const [choices] = Object.values((await contentOf(file)).tuning.adapters);
  return choices as Record<string, string>;
}

let last: Device | null = null;

/** Tuning on a device that has met nothing; the one before is closed. */
async function open(
  tuningFile: string,
): Promise<{ device: Device; tuning: GemmTuning; run: RunTuning; lines: string[] }> {
  await last?.[Symbol.asyncDispose]();
  const device = last = await openDevice({ backend: "webgpu" });
  const lines: string[] = [];
  const run = await openTuning(device, { tune: "on", tuningFile }, (line) => lines.push(line));
  return { device, tuning: gemmTuning(device.queue!), run, lines };
}

const product: GemmSizes = { form: "nn", m: 40, n: 24, k: 8 };
const KEY = "nn 40x24x8";

Deno.test({
  name: "a run measures what its first step multiplies, and the next one knows it [webgpu]",
  ...LASTING,
  fn: async () => {
    const file = `${folder}/cache/tuning.json`;
    const counts: number[] = [];
    for (let run = 1; run <= 2; run++) {
      const [before, after, ...more] = await pretrainLines(file, "on");
      const [, count] = before.match(
        /^Measuring (\d+) matrix products on .+, once, for at most 0 s; /,
      )!;
      assert.equal(after, `Measured 1 of ${count}; the next run measures the rest`);
      assert.deepEqual(more, []);
      assert.equal(Object.keys(await choicesOf(file)).length, run);
      counts.push(Number(count));
    }
    assert.equal(counts[1], counts[0] - 1);
    const { videoms, deno } = currentVersions();
    assert.deepEqual((await contentOf(file)).versions, { videoms, deno });

    // Tiles that no table would make, for the products that are largest.
    const losses = async () =>
      (await stepLines(`${folder}/tuned`)).map(({ loss }) => loss as number);
    const content = await contentOf(file);
    const [adapter] = Object.keys(content.tuning.adapters);
    const odd = Object.keys(await choicesOf(file)).map((key) => [key, GEMM_TILES[5].name]);
    content.tuning.adapters[adapter] = Object.fromEntries(odd);
    await Deno.writeTextFile(`${folder}/cache/odd.json`, JSON.stringify(content));
    await pretrainLines(file, "off");
    const plain = await losses();
    await pretrainLines(`${folder}/cache/odd.json`, "on");
    const tuned = await losses();
    assert.equal(plain.length, 2);
    plain.forEach((loss, i) => assert.ok(Math.abs(tuned[i] / loss - 1) < 1e-5, `${tuned}`));

    // What another network needs comes on top.
    const known = await choicesOf(file);
    const options = { fresh: true, tune: "on", tuningFile: file, tuneSeconds: 0 } as const;
    const task = smallFinetune("tuned-finetune", TWO_STEPS);
    const lines = await linesOf(() => finetune(task, registry, options));
    assert.match(lines[1], /^Measured 1 of \d+; /);
    const { length } = Object.keys(known);
    assert.deepEqual({ ...await choicesOf(file), ...known }, await choicesOf(file));
    assert.equal(Object.keys(await choicesOf(file)).length, length + 1);
  },
});

Deno.test({
  name: "a software GPU is measured only where that is asked for [webgpu]",
  ...LASTING,
  ignore: LASTING.ignore || !IS_SOFTWARE,
  fn: async () => {
    for (const tune of [undefined, "off"] as const) {
      assert.deepEqual(await pretrainLines(`${folder}/untouched/tuning.json`, tune), []);
      assert.throws(() => Deno.statSync(`${folder}/untouched`), Deno.errors.NotFound);
    }
    const task = smallTask("tuned-cpu", { ...TWO_STEPS, backend: "wasm" });
    const lines = await linesOf(() => pretrain(task, registry, { fresh: true, tune: "on" }));
    assert.deepEqual(lines, ["Nothing to tune: only webgpu is tuned, got wasm"]);
  },
});

Deno.test({
  name: "choices of a file are used, also ones that no table would make [webgpu]",
  ...LASTING,
  fn: async () => {
    const file = `${folder}/used/tuning.json`;
    const never = new AbortController().signal;
    const first = await open(file);
    first.tuning.tile(product);
    await first.run.measure(() => {}, never);
    assert.deepEqual(await choicesOf(file), { [KEY]: first.tuning.tile(product).name });

    const content = await contentOf(file);
    const [adapter] = Object.keys(content.tuning.adapters);
    const elsewhere = { "Another GPU": { "nn 8x8x8": GEMM_TILES[0].name } };
    content.tuning.adapters = { ...elsewhere, [adapter]: { [KEY]: GEMM_TILES[5].name } };
    await Deno.writeTextFile(file, JSON.stringify(content));
    const second = await open(file);
    assert.equal(second.tuning.tile(product), GEMM_TILES[5]);
    await second.run.measure((line) => assert.fail(line), never);

    second.tuning.tile({ ...product, m: 12 });
    await second.run.measure(() => {}, AbortSignal.abort());
    assert.equal(second.tuning.unmeasured().length, 1);
    await second.run.measure(() => {}, never);
    const { adapters } = (await contentOf(file)).tuning;
    assert.deepEqual(adapters["Another GPU"], elsewhere["Another GPU"]);
    assert.deepEqual(Object.keys(adapters[adapter]), ["nn 12x24x8", KEY]);
    assert.deepEqual([...first.lines, ...second.lines], []);
  },
});

Deno.test({
  name: "a file that is damaged or of other versions is told of once, and replaced [webgpu]",
  ...LASTING,
  fn: async () => {
    const file = `${folder}/damaged/tuning.json`;
    const never = new AbortController().signal;
    const { tuning, run } = await open(file);
    tuning.tile(product);
    await run.measure(() => {}, never);
    const good = await contentOf(file);
    const { videoms } = good.versions;
    const { adapters } = good.tuning;
    const bad: [unknown, RegExp][] = [
      ["", /Unexpected end/],
      [JSON.stringify(good).slice(0, -9), /JSON/],
      ["null", /its format must be "videoms-gemm-tuning"$/],
      [{ ...good, versions: { ...good.versions, videoms: "0.0.1" } }, /"0\.0\.1".*, not .*"deno"/],
      [{ ...good, versions: { videoms, deno: "1.0.0" } }, /measured with .*"1\.0\.0"/],
      [{ ...good, tuning: { version: 999, adapters } }, /measured with other kernels$/],
      [
        { ...good, tuning: { version: 1, adapters: { x: 5 } } },
        /"x" must have names of tiles, got 5/,
      ],
      [{ ...good, tuning: null }, /must have "adapters", got null/],
    ];
    for (const [content, reason] of bad) {
      const text = typeof content === "string" ? content : JSON.stringify(content);
      await Deno.writeTextFile(file, text);
      const { tuning, lines } = await open(file);
      assert.equal(lines.length, 1, text);
      assert.ok(lines[0].startsWith(`Ignored ${file}: `), lines[0]);
      assert.match(lines[0], reason);
      tuning.tile(product);
      assert.deepEqual(tuning.unmeasured(), [product]);
    }
    const again = await open(file);
    again.tuning.tile(product);
    await again.run.measure(() => {}, never);
    assert.deepEqual(Object.keys(await choicesOf(file)), [KEY]);
    assert.deepEqual((await open(file)).lines, []);
  },
});

Deno.test({
  name: "a run goes on where choices cannot be kept [webgpu]",
  ...LASTING,
  fn: async () => {
    await Deno.writeTextFile(`${folder}/no-folder`, "");
    const { tuning, run, lines } = await open(`${folder}/no-folder/tuning.json`);
    tuning.tile(product);
    await run.measure((line) => lines.push(line), new AbortController().signal);
    assert.deepEqual(tuning.unmeasured(), []);
    assert.match(lines.at(-1)!, /^Could not keep .*no-folder\/tuning\.json: /);
  },
});
