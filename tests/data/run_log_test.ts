import assert from "node:assert/strict";
import { join } from "node:path";
import { cutLog, type LogEntry, openLog, readLog } from "@videoms/data";

async function withLog(body: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(join(folder, "log.jsonl"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a log is strict JSON, a line at a time, readable while it is open", () =>
  withLog(async (path) => {
    using log = await openLog(path);
    log.append({ step: 1, loss: 0.5, gradientNorm: NaN, rate: Infinity });
    assert.equal(
      await Deno.readTextFile(path),
      '{"step":1,"loss":0.5,"gradientNorm":null,"rate":null}\n',
    );
    log.append({ step: 2, note: "line\nbreak" });
    assert.deepEqual((await readLog(path))[1], { step: 2, note: "line\nbreak" });
  }));

Deno.test("a log that is cut back ends with the checkpoint's step", () =>
  withLog(async (path) => {
    const entries: LogEntry[] = [
      { event: "start" },
      { step: 10 },
      { step: 20 },
      { event: "picture" },
      { step: 30 },
      { event: "end" },
    ];
    {
      using log = await openLog(path);
      entries.forEach((entry) => log.append(entry));
    }
    await cutLog(path, 20);
    assert.deepEqual(await readLog(path), entries.slice(0, 4));
    await cutLog(path, 20);
    assert.deepEqual(await readLog(path), entries.slice(0, 4));
    using log = await openLog(path);
    log.append({ step: 30 });
    assert.equal((await readLog(path)).length, 5);
  }));

Deno.test("a last line that was cut off is dropped, and a missing log is empty", () =>
  withLog(async (path) => {
    await cutLog(path, 0);
    assert.deepEqual(await readLog(path), []);
    await Deno.writeTextFile(path, '{"step":1}\n{"step":2}\n{"st');
    assert.deepEqual(await readLog(path), [{ step: 1 }, { step: 2 }]);
    await Deno.writeTextFile(path, '{"step":1}\n{"st\0\0\n{"step":3}\n');
    await cutLog(path, 5);
    assert.equal(await Deno.readTextFile(path), '{"step":1}\n');
  }));
