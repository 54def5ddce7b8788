import assert from "node:assert/strict";
import { join } from "node:path";
import { createRegistry, definePlugin, pluginsOf } from "@videoms/core";
import * as data from "@videoms/data";
import type { LoggedRow, LoggedRun, Logger } from "@videoms/data";
import { withFolder } from "../test_videos.ts";
import { loggedRun } from "./logged_run.ts";
import {
  keptByMlflow,
  keptByTensorboard,
  keptByWandb,
  mlflowRun,
  storedTexts,
  wandbFile,
  wandbRecords,
} from "./readers.ts";

const { mlflow, severalLoggers, tensorboard, wandb } = data;

const registry = createRegistry(pluginsOf(data));

function rowOf(step: number, values: Readonly<Record<string, number>>): LoggedRow {
  const scalars = Object.entries(values).map(([tag, value]) => (
    { tag, value, name: tag.split("/").at(-1)!, unit: "", split: "train" }
  ));
  return { step, time: 1.7e12 + step, scalars };
}

async function log(
  logger: Logger,
  run: LoggedRun,
  rows: readonly LoggedRow[],
  how: data.RunEnd = "finished",
): Promise<void> {
  const opened = await logger.open(run);
  rows.forEach((row) => opened.write(row));
  opened.end(how);
}

Deno.test("wandb: the run is told with its task, and how it ended", () =>
  withFolder(async (folder) => {
    const run = loggedRun(folder, {
      task: { name: "größe", model: { width: 12, size: null } },
      facts: { device: "wasm" },
    });
    const logger = registry.create<Logger>(wandb({ project: "masks", tags: ["a", "b"] }));
    await log(logger, run, [rowOf(0, { "step/loss": 1 })], "stopped");
    const file = wandbFile(folder);
    assert.match(file, /offline-run-20261129_000612-001122334455\/run-001122334455\.wandb$/);
    const records = wandbRecords(file);
    assert.ok(records[0].header);
    const { config, startTime, ...told } = records[1].run!;
    assert.deepEqual(told, {
      runId: "001122334455",
      project: "masks",
      jobType: "pretrain",
      displayName: "small/pretrain",
      tags: ["a", "b"],
    });
    assert.equal(startTime.seconds, run.created / 1000);
    const configured = config.update.map(({ key, valueJson }) => [key, JSON.parse(valueJson)]);
    assert.deepEqual(Object.fromEntries(configured), { ...run.task, run: run.facts });
    assert.equal(records.at(-1)!.exit!.exitCode, 255);
    const summary = records.findLast(({ summary }) => summary)!.summary!.update;
    assert.equal(summary.find(({ key }) => key === "step/loss")!.valueJson, "1");
  }));

Deno.test("wandb: rows of a step are one record, and numbers that are not finite are kept as such", () =>
  withFolder(async (folder) => {
    const rows = [
      rowOf(1, { "step/loss": NaN, "step/rate": 1e-300 }),
      rowOf(1, { "validation/top1": Infinity }),
      rowOf(2 ** 33, { "step/loss": -Infinity }),
    ];
    await log(registry.create<Logger>(wandb()), loggedRun(folder), rows);
    assert.deepEqual(await keptByWandb({ folder }), [
      ["step/loss", 1, NaN],
      ["step/rate", 1, 1e-300],
      ["validation/top1", 1, Infinity],
      ["step/loss", 2 ** 33, -Infinity],
    ]);
  }));

Deno.test("wandb: records lie whole across blocks, wherever these end", () =>
  withFolder(async (folder) => {
    // Names whose lengths move the ends of records over every place of a block's end, and one of several blocks.
    const rows = Array.from(
      { length: 400 },
      (_, i) => rowOf(i, { [`step/${"x".repeat(i === 200 ? 80_000 : 40 + i)}`]: i }),
    );
    await log(registry.create<Logger>(wandb()), loggedRun(folder), rows);
    const kept = await keptByWandb({ folder });
    assert.deepEqual(kept.map(([, step]) => step), rows.map(({ step }) => step));
    assert.equal(kept[200][0].length, 80_005);
  }));

Deno.test("wandb: what was sent is to be sent again once a run goes on", () =>
  withFolder(async (folder) => {
    const logger = registry.create<Logger>(wandb());
    const rows = [rowOf(1, { "step/loss": 1 })];
    await log(logger, loggedRun(folder), rows, "stopped");
    const marks = ["synced", "syncstate"].map((end) => `${wandbFile(folder)}.${end}`);
    for (const mark of marks) await Deno.writeTextFile(mark, "");
    await log(logger, loggedRun(folder, { step: 1, earlier: rows }), [
      rowOf(2, { "step/loss": 2 }),
    ]);
    for (const mark of marks) await assert.rejects(Deno.stat(mark), Deno.errors.NotFound);
    assert.deepEqual((await keptByWandb({ folder })).map(([, step]) => step), [1, 2]);
  }));

Deno.test("mlflow: the run has its fields as parameters, facts as tags, and how it ended", () =>
  withFolder(async (folder) => {
    const store = join(folder, "store");
    const run = loggedRun(folder, {
      task: { name: "a", model: { width: 12, size: null }, betas: [0.9, 0.95], note: "two\nlines" },
      facts: { device: "wasm", versions: { videoms: "0" } },
    });
    const logger = registry.create<Logger>(mlflow({ dir: store, experiment: 'it\'s: "masks"' }));
    const opened = await logger.open(run);
    const meta = () => Deno.readTextFileSync(join(mlflowRun(store, run.id), "meta.yaml"));
    assert.match(meta(), /^status: 1$/m);
    assert.match(meta(), /^end_time: null$/m);
    opened.write(rowOf(3, { "step/loss": NaN, "validation/linear rate=0.1/top1": 0.5 }));
    await Deno.writeFile(join(folder, "a.png"), new Uint8Array([1]));
    opened.picture!({ step: 3, time: 0, path: join(folder, "a.png") });
    opened.end("finished");
    const at = mlflowRun(store, run.id);
    assert.match(meta(), /^status: 3$/m);
    assert.match(meta(), /^end_time: \d{13}$/m);
    assert.match(meta(), /^start_time: \d{13}$/m);
    assert.deepEqual(storedTexts(join(at, "params")), {
      name: "a",
      "model.width": "12",
      "model.size": "null",
      betas: "[0.9,0.95]",
      note: '"two\\nlines"',
    });
    const tags = storedTexts(join(at, "tags"));
    assert.deepEqual(
      [tags["mlflow.runName"], tags.kind, tags.device, tags["versions.videoms"]],
      ["small/pretrain", "pretrain", "wasm", "0"],
    );
    assert.deepEqual(storedTexts(join(at, "metrics")), {
      "step/loss": "1700000000003 nan 3\n",
      "validation/linear rate 0.1/top1": "1700000000003 0.5 3\n",
    });
    assert.deepEqual([...await Deno.readFile(join(at, "artifacts/pictures/a.png"))], [1]);
  }));

Deno.test("mlflow: an experiment that is there is used, whoever made it, and else made once", () =>
  withFolder(async (folder) => {
    const store = join(folder, "mlruns");
    await Deno.mkdir(join(store, "123456789012345678"), { recursive: true });
    await Deno.writeTextFile(
      join(store, "123456789012345678", "meta.yaml"),
      "artifact_location: file:///x\nexperiment_id: '123456789012345678'\nname: 'it''s'\n",
    );
    const experiment = async (name: string, id: string) => {
      const run = loggedRun(folder, { id });
      await log(registry.create<Logger>(mlflow({ dir: store, experiment: name })), run, []);
      return mlflowRun(store, id).split("/").at(-2);
    };
    assert.equal(await experiment("it's", "a1"), "123456789012345678");
    assert.equal(await experiment("Default", "a2"), "0");
    const [one, other] = await Promise.all([experiment("new", "a3"), experiment("new", "a4")]);
    assert.equal(one, other);
    assert.match(one!, /^[1-9]\d{17}$/);
  }));

Deno.test("a run that had no such logger before gets all its numbers", () =>
  withFolder(async (folder) => {
    const store = join(folder, "mlruns");
    const logger = registry.create<Logger>(
      severalLoggers({ loggers: ["tensorboard", "wandb", mlflow({ dir: store })] }),
    );
    const earlier = [rowOf(1, { "step/loss": 1 }), rowOf(2, { "step/loss": 2 })];
    const run = loggedRun(folder, { step: 2, earlier });
    await log(logger, run, [rowOf(3, { "step/loss": 3 })]);
    const all = [1, 2, 3].map((step) => ["step/loss", step, step]);
    assert.deepEqual(await keptByTensorboard(run), all);
    assert.deepEqual(await keptByWandb(run), all);
    assert.deepEqual(await keptByMlflow(run, store), all);
  }));

/** A plugin whose logger throws in one of its functions. */
function failing(when: string) {
  const name = `no-${when}`;
  const call = (what: string) => {
    if (what === when) throw new Error(`no ${when}`);
  };
  const logger: Logger = {
    name,
    open() {
      call("open");
      return Promise.resolve({ write: () => call("write"), end: () => call("end") });
    },
  };
  return definePlugin({
    kind: "logger",
    name,
    summary: "fails",
    defaults: {},
    create: () => logger,
  });
}

Deno.test("a logger that fails costs neither the run nor the loggers beside it", () =>
  withFolder(async (folder) => {
    const plugins = ["open", "write", "end"].map(failing);
    const failures: string[] = [];
    const run = loggedRun(folder, {
      onFailure: (place, error) => failures.push(`${place}: ${(error as Error).message}`),
    });
    const logger = createRegistry([...plugins, ...pluginsOf(data)]).create<Logger>(
      severalLoggers({ loggers: ["no-open", "no-write", "no-end", "tensorboard"] }),
    );
    await log(logger, run, [rowOf(1, { "step/loss": 1 })]);
    assert.deepEqual(failures, [
      'the logger "no-open": no open',
      'the logger "no-write": no write',
      'the logger "no-end": no end',
    ]);
    assert.deepEqual(await keptByTensorboard(run), [["step/loss", 1, 1]]);
  }));

Deno.test("several: none, and names that are not known, are refused", () => {
  for (const loggers of [[], ["tensorbord"], [3]]) {
    assert.throws(
      () => registry.create(severalLoggers({ loggers: loggers as string[] })),
      /^(Range|Type)Error: Cannot (build|load) (logger|a plugin)/,
    );
  }
  assert.equal(tensorboard().name, "tensorboard");
});
