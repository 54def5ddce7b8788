import assert from "node:assert/strict";
import { findTorch } from "../../bench/compare/find_torch.ts";
import { evenRoles, formulaPixels } from "../../bench/step/formula.ts";
import { median, table } from "../../bench/report.ts";

/** Runs `deno task bench` as a user would, with the rights that the tests have. */
async function bench(...args: string[]): Promise<{ code: number; text: string }> {
  const rights = ["read", "write", "env", "sys", "ffi", "run"].map((name) => `--allow-${name}`);
  const cli = new URL("../../bench/cli.ts", import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-check", ...rights, cli, ...args],
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  return { code, text };
}

const SMALL = ["--size", "tiny", "--batch", "1", "--image-size", "64", "--steps", "1"];

Deno.test("steps of both kinds are timed, and figures written as JSON", async () => {
  const json = await Deno.makeTempFile({ suffix: ".json" });
  try {
    const { code, text } = await bench("step", ...SMALL, "--backend", "wasm", "--json", json);
    assert.equal(code, 0, text);
    const { machine, rows } = JSON.parse(await Deno.readTextFile(json));
    assert.ok(machine.cores >= 1 && rows.length === 1);
    assert.ok(rows[0]["median ms"] > 0 && rows[0]["GFLOP/s"] > 0);
  } finally {
    await Deno.remove(json);
  }
  const finetune = await bench("step", ...SMALL, "--kind", "finetune", "--backend", "wasm");
  assert.equal(finetune.code, 0, finetune.text);
  assert.match(finetune.text, /finetune ViT-tiny, batch 1, motion-centric/);
});

Deno.test("our operations are those of stock tfjs", async () => {
  const { code, text } = await bench("ops", ...SMALL, "--backend", "wasm", "--tokens", "16");
  assert.equal(code, 0, text);
  const differences = [...text.matchAll(/\| (\d[\d.e+-]*) +\|$/gm)].map(([, value]) =>
    Number(value)
  );
  assert.ok(differences.length >= 13, text);
  assert.ok(differences.every((value) => value < 1e-4), text);
});

const torch = await findTorch();

Deno.test("stock tfjs and, where it is, PyTorch have the same losses", async () => {
  const against = torch ? "torch,stock" : "stock";
  const { code, text } = await bench(
    ...["compare", ...SMALL, "--backend", "wasm", "--against", against, "--tolerance", "1e-4"],
  );
  assert.equal(code, 0, text);
  assert.match(text, /motion-centric \/ tube: /);
});

Deno.test("bad input is refused by name", async () => {
  assert.match((await bench("step", "--masking", "tubes")).text, /must be of .*tube, got tubes/);
  assert.match((await bench("compare", "--backend", "cpu")).text, /must be webgpu or wasm/);
  assert.match((await bench("stpe")).text, /there is no such command.*step/);
});

Deno.test("made-up input is the same everywhere", () => {
  assert.deepEqual([...evenRoles(2, 5)], [1, 1, 0, 1, 0]);
  const pixels = formulaPixels(2, 2, 4);
  assert.deepEqual([...pixels.subarray(48, 52)], [...pixels.subarray(12, 16)], "moved by 12 bytes");
  assert.notDeepEqual(pixels.subarray(0, 48), pixels.subarray(96, 144));
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(table([{ a: 1, b: "x" }]).split("\n").length, 3);
});
