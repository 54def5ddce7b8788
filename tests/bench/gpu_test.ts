import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { blockProducts } from "../../bench/gpu/block_products.ts";
import { type Figures, FiguresFile } from "../../bench/gpu/figures_file.ts";
import { gpuTables } from "../../bench/gpu/gpu_tables.ts";
import { isSkipped } from "../backends.ts";

const cli = fileURLToPath(new URL("../../bench/cli.ts", import.meta.url));

/** Runs `deno task bench gpu` on a small network. */
async function benchGpu(out: string, ...args: string[]): Promise<string> {
  const rights = ["read", "write", "env", "sys", "ffi", "run"].map((name) => `--allow-${name}`);
  const sizes = ["--size=tiny", "--frames=4", "--image-size=64", "--batch=1", "--batches=1"];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-q", "--no-check", ...rights, cli, "gpu"],
      ...[...sizes, "--steps=1", "--warmup=1", "--out", out, ...args],
    ],
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.equal(code, 0, text);
  return text;
}

async function inFolder(work: (file: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(join(folder, "gpu.jsonl"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "a GPU's figures are written as they are measured, and measured once [webgpu]",
  ignore: isSkipped("webgpu"),
  fn: () =>
    inFolder(async (out) => {
      const step = "step/motion-centric/deno-f32";
      const first = await benchGpu(out, "--only", `adapters/deno,${step}`);
      assert.match(first, /Steps, motion-centric/);
      const file = await FiguresFile.open(out);
      assert.ok(file.isDone("adapters/deno") && file.isDone(step), first);
      const [figures] = file.linesOf(step);
      assert.ok(Number(figures.ms) > 0 && Number(figures.dispatches) > 0, first);
      assert.equal((figures.losses as number[]).length, 2);
      const before = await Deno.readTextFile(out);
      const again = await benchGpu(
        out,
        "--minutes=0",
        "--only",
        `adapters/deno,${step},verify/deno`,
      );
      assert.match(again, /verify\/deno-f32: no time left/);
      assert.equal(await Deno.readTextFile(out), before);
    }),
});

Deno.test("a line of figures that was cut off is measured again", () =>
  inFolder(async (out) => {
    const line = JSON.stringify({ measurement: "verify/deno-f32", done: true });
    await Deno.writeTextFile(out, `${line}\n{"measurement":"step/tube/deno-f3`);
    const file = await FiguresFile.open(out);
    assert.ok(file.isDone("verify/deno-f32"));
    assert.equal(file.linesOf("step/").length, 0);
    await file.append({ measurement: "step/tube/deno-f32", failed: "the GPU was lost" });
    assert.ok(!(await FiguresFile.open(out)).isDone("step/tube/deno-f32"));
    await Deno.writeTextFile(out, "figures\n");
    await assert.rejects(FiguresFile.open(out), /must hold lines of "bench gpu", got figures/);
  }));

Deno.test("steps are compared with PyTorch in float32, products with the fastest variant", () =>
  inFolder(async (out) => {
    const file = await FiguresFile.open(out);
    const step = (by: string, ms: number, loss: number): Figures => ({
      ...{ measurement: `step/tube/${by}`, ms, batch: 2, gpuBytes: 3e9, losses: [loss] },
    });
    const product = { name: "qkv", form: "nn", m: 100, n: 100, k: 100 };
    for (
      const line of [
        step("dawn-f16", 20, 1.01),
        step("torch-f32", 40, 1),
        { measurement: "products/dawn-f16", ...product, variant: "slow", ms: 2 },
        { measurement: "products/dawn-f16", ...product, variant: "quick", ms: 1 },
        { measurement: "products/torch", ...product, arithmetic: "f16", ms: 0.5 },
        { measurement: "step/tube/stock-tfjs", failed: "out of memory" },
      ]
    ) await file.append(line);
    const text = gpuTables(file, { tube: 1e9 }, "NVIDIA H100 80GB HBM3");
    // 6e9 operations for each of 2 clips in 20 ms: 0.6 TFLOP/s, of 989.
    assert.match(text, /\| dawn-f16 +\| 20 +\| 100 +\| 0\.600 +\| 6\.1e-4 +\| 3 .*\| 0\.500 +\|/);
    assert.match(text, /nn 100x100x100 +\| 0\.00200 +\| quick +\| 0\.00400/);
    assert.match(text, /step\/tube\/stock-tfjs: out of memory/);
  }));

Deno.test("an encoder block has twelve products with as many operations as its dense layers", () => {
  const products = blockProducts({
    ...{ size: "base", batch: 24, frames: 16, imageSize: 224, recompute: false },
  });
  assert.equal(products.length, 12);
  const [qkv] = products;
  const rows = qkv.m;
  assert.equal(qkv.n * qkv.k, 3 * 768 * 768);
  const operations = products.reduce((sum, { m, n, k }) => sum + m * n * k, 0);
  assert.equal(operations, 3 * rows * 12 * 768 * 768);
});
