import assert from "node:assert/strict";
import { createRegistry, pluginsOf } from "@videoms/core";
import * as data from "@videoms/data";
import { CheckpointStore } from "@videoms/data/files";
import { readLog } from "@videoms/tasks";
import { loggedMetrics, openLog, withLogger } from "@videoms/data";
import { loggedRun } from "../data/loggers/logged_run.ts";
import { keptByMlflow, keptByWandb } from "../data/loggers/readers.ts";
import { eventFiles, readEvents } from "../data/loggers/event_files.ts";
import { fillDisk, SMALL_DISK } from "../small_disk.ts";

const OPTIONS = { ignore: SMALL_DISK === null };
const filler = `${SMALL_DISK}/filler`;

Deno.test(
  "a log on a full disk stays whole, and gets what it lacks when there is room [mount]",
  OPTIONS,
  async () => {
    const path = `${SMALL_DISK}/log.jsonl`;
    const failures: unknown[] = [];
    const onFailure = (error: unknown) => failures.push(error);
    const plain = await openLog(path, onFailure);
    const { severalLoggers, mlflow, wandb } = data;
    const store = `${SMALL_DISK}/mlruns`;
    const logger = createRegistry(pluginsOf(data)).create<data.Logger>(
      severalLoggers({ loggers: ["tensorboard", wandb(), mlflow({ dir: store })] }),
    );
    const run = loggedRun(SMALL_DISK!, { onFailure: (_, error) => onFailure(error) });
    const log = await withLogger(plain, logger, run);
    const append = (step: number) =>
      log.append({
        event: "step",
        step,
        metrics: loggedMetrics({ loss: step }),
        note: "x".repeat(300),
      });
    await fillDisk(filler, 0);
    for (let step = 1; step <= 50; step++) append(step);
    assert.ok(failures.length > 0);
    const there = await readLog(path);
    assert.ok(there.length < 50);
    const text = await Deno.readTextFile(path);
    assert.ok(text === "" || text.endsWith("\n"), "a line was cut off");
    await Deno.remove(filler);
    append(51);
    log.close();
    const all = Array.from({ length: 51 }, (_, i) => i + 1);
    assert.deepEqual((await readLog(path)).map(({ step }) => step), all);
    const [file] = eventFiles(SMALL_DISK!);
    const losses = readEvents(await Deno.readFile(file)).filter(({ step }) => Number(step) > 0);
    assert.equal(losses.length, 51);
    for (const kept of [await keptByWandb(run), await keptByMlflow(run, store)]) {
      assert.deepEqual(kept.map(([, step]) => step).sort((a, b) => a - b), all);
    }
  },
);

Deno.test(
  "a full disk does not cost a checkpoint that is saved again [mount]",
  OPTIONS,
  async () => {
    const store = await new CheckpointStore(`${SMALL_DISK}/checkpoints`, 3).open();
    const weights = [new Uint8Array(1e6).fill(7)];
    await store.save(4, weights, { validated: false });
    for (const room of [500_000, 245 * 4096]) { // for half of the weights; for them, but no index
      await fillDisk(filler, room);
      const again = store.save(4, [new Uint8Array(1e6).fill(8)], { validated: true });
      await assert.rejects(again, /must have room/);
      await Deno.remove(filler);
      const { checkpoint, damaged } = await store.find();
      assert.deepEqual(damaged, []);
      assert.deepEqual(checkpoint!.info, { validated: false });
      assert.equal(checkpoint!.bytes[0], 7);
    }
  },
);
