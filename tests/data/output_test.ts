import assert from "node:assert/strict";
import { streamWriter } from "@videoms/data/files";
import { createOutput } from "@videoms/data/console";

/** A stream to a disk that is full. */
const FULL_STREAM = {
  isTerminal: () => false,
  writeSync(): number {
    throw Object.assign(new Error("No space left on device (os error 28)"), { code: "ENOSPC" });
  },
};

/** A stream to a file of its own. */
async function fileStream() {
  const path = await Deno.makeTempFile();
  const file = await Deno.open(path, { write: true });
  return {
    isTerminal: () => false,
    writeSync: (bytes: Uint8Array) => file.writeSync(bytes),
    async take() {
      file.close();
      const text = await Deno.readTextFile(path);
      await Deno.remove(path);
      return text;
    },
  };
}

Deno.test(
  "what cannot be written is remembered, and told once on the other stream",
  async () => {
    const messages = await fileStream();
    const output = createOutput(FULL_STREAM, messages);
    for (let i = 0; i < 3; i++) output.print("result");
    output.reportFailure("log.jsonl", new Error("No space left"));
    output.reportFailure("log.jsonl", new Error("No space left"));
    output.end();
    const lines = (await messages.take()).trim().split("\n");
    assert.match(lines[0], /^Cannot write to standard output: No space left on device/);
    assert.match(lines[1], /^Cannot write to log.jsonl: No space left/);
    assert.equal(lines.length, 2);
    assert.deepEqual(output.failures(), lines);
  },
);

Deno.test("a failure of standard error is told among the results, last", async () => {
  const results = await fileStream();
  const output = createOutput(results, FULL_STREAM);
  output.status.write("step 1\n");
  output.printError("message");
  output.print("result");
  output.end();
  assert.match(await results.take(), /^result\nCannot write to standard error: [^\n]*\n$/);
});

Deno.test("where nothing can be written, nothing throws", () => {
  const output = createOutput(FULL_STREAM, FULL_STREAM);
  output.print("result");
  output.printError("message");
  output.status.write("step 1");
  output.end();
  assert.equal(output.failures().length, 2);
});

Deno.test("a stream without a reader is left alone, one that was full is tried again", () => {
  const taken: string[] = [];
  const failures: unknown[] = [];
  let error: Error | null = null;
  let tries = 0;
  const write = streamWriter({
    writeSync(bytes) {
      tries++;
      if (error) throw error;
      taken.push(new TextDecoder().decode(bytes.subarray(0, 2)));
      return Math.min(2, bytes.length);
    },
  }, (failure) => failures.push(failure));
  assert.ok(write("abc"));
  error = Object.assign(new Error("full"), { code: "ENOSPC" });
  assert.ok(!write("d"));
  error = null;
  assert.ok(write("e"));
  assert.deepEqual(taken, ["ab", "c", "e"]);
  error = Object.assign(new Error("gone"), { code: "EPIPE" });
  tries = 0;
  assert.ok(!write("f") && !write("g"));
  assert.equal(tries, 1);
  assert.equal(failures.length, 2);
});

Deno.test("a stream that takes nothing at the moment is waited for", () => {
  let busy = 3;
  const failures: unknown[] = [];
  const write = streamWriter({
    writeSync(bytes) {
      if (busy-- > 0) throw new Deno.errors.WouldBlock("busy");
      return bytes.length;
    },
  }, (failure) => failures.push(failure));
  assert.ok(write("a"));
  assert.equal(failures.length, 0);
});
