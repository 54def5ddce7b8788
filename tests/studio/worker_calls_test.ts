import assert from "node:assert/strict";
import { WorkerCalls } from "../../studio/page/parts/worker_calls.ts";
import type { TestCalls } from "./calls_worker.ts";

const open = () => new WorkerCalls<TestCalls>(new URL("calls_worker.ts", import.meta.url));

Deno.test("page: a call is cancelled while it runs and before it begins, and the worker goes on", async () => {
  const calls = open();
  const [running, queued] = [new AbortController(), new AbortController()];
  const reason = new Error("given up");
  const told = Promise.withResolvers<number>();
  const first = calls.call("wait", [], { signal: running.signal, onProgress: told.resolve });
  const second = calls.call("wait", [], { signal: queued.signal });
  assert.equal(await told.promise, 0.5);
  queued.abort(reason);
  await assert.rejects(second, reason);
  running.abort(reason);
  await assert.rejects(first, reason);
  await assert.rejects(calls.call("wait", [], { signal: running.signal }), reason);
  await assert.rejects(calls.call("fail", []), /^Error: Cannot read it: it must be whole$/);
  assert.deepEqual(await calls.call("counts", []), { begun: 1, ended: 1 });
  calls.close();
});

Deno.test("page: a worker that crashes fails the calls that wait for it and later ones, in a sentence", async () => {
  const calls = open();
  const sentence = /^Error: Cannot run the page: its worker must go on, got: .*no memory is left/;
  const waiting = [calls.call("crash", []), calls.call("counts", [])];
  await Promise.all(waiting.map((one) => assert.rejects(one, sentence)));
  await assert.rejects(calls.call("counts", []), sentence);
});
