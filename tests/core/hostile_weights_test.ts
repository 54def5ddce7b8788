import assert from "node:assert/strict";
import { memoryBytes, randomStream, readWeightFile } from "@videoms/core";
import { attacks, hostileFiles, whole } from "./hostile_files.ts";
import type { Outcome } from "./read_hostile_files.ts";

/** Limits for one file: time in milliseconds, memory in bytes. */
const MOST_TIME = 1000;
const MOST_MEMORY = 200 * 2 ** 20;

/** Reads a folder's files in a process that may do nothing but read them. */
async function readInSandbox(folder: string): Promise<{ before: number; outcomes: Outcome[] }> {
  const script = new URL("./read_hostile_files.ts", import.meta.url).href;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--no-check", "--cached-only", `--allow-read=${folder}`],
      ...["--v8-flags=--max-old-space-size=200", script, folder],
    ],
    env: { NO_COLOR: "1" },
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("hostile files are refused in one sentence, soon, and nothing else happens", async () => {
  const files = hostileFiles();
  assert.ok(files.length >= 200);
  const folder = await Deno.makeTempDir({ prefix: "videoms-hostile-" });
  try {
    for (const { name, bytes } of files) await Deno.writeFile(`${folder}/${name}`, bytes);
    const { before, outcomes } = await readInSandbox(folder);
    assert.equal(outcomes.length, files.length);
    const mayBeRead = new Map(files.map(({ name, mayBeRead }) => [name, mayBeRead === true]));
    for (const { name, time, memory, error } of outcomes) {
      assert.ok(time < MOST_TIME, `${name} took ${time} ms`);
      assert.ok(memory - before < MOST_MEMORY, `${name} took ${memory - before} bytes`);
      if (!error) {
        assert.ok(mayBeRead.get(name), `${name} was read`);
        continue;
      }
      assert.equal(error.name, "TypeError", `${name}: ${error.message}`);
      const rule = error.message.split(`${folder}/${name}: `);
      assert.match(rule[0], /^Cannot read (weights|PyTorch weights|safetensors) $/, name);
      assert.match(rule[1] ?? "", /^[^\p{Cc}]{10,400}[^.]$/u, `${name}: ${error.message}`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a pickle that names what runs programs is refused by that name", async () => {
  for (const { name, bytes } of attacks()) {
    await assert.rejects(readWeightFile(memoryBytes(bytes, name)), {
      message:
        /its pickle must not name functions that run programs or access the system, got "[\w.]+"$/,
    });
  }
});

Deno.test("a flipped bit of a weight is that weight's, and nothing else's", async () => {
  for (const [format, bytes] of Object.entries(whole)) {
    const read = async (file: Uint8Array<ArrayBuffer>) =>
      await (await readWeightFile(memoryBytes(file, format))).tensors.get("w")!.read();
    const expected = await read(bytes);
    const text = (of: Uint8Array) => Array.from(of, (byte) => String.fromCharCode(byte)).join("");
    const place = text(bytes).lastIndexOf(text(expected));
    const at = randomStream(9, format).integer(expected.length);
    const flipped = bytes.slice();
    flipped[place + at] ^= 4;
    expected[at] ^= 4;
    assert.deepEqual(await read(flipped), expected, format);
  }
});
