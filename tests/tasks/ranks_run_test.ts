import { type Communicator, localRanks, type Registry } from "@videoms/core";
import { dense, frameDifference } from "@videoms/masking";
import { defineProbe, type FinetuneOptions } from "@videoms/tasks";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import {
  batchPlaces,
  type Dataset,
  prepareVideos,
  scoreViewsOnRanks,
  shareOfRank,
} from "@videoms/data";
import { centreView } from "@videoms/studio/views";
import { dirname } from "node:path";
import { countRanks, LAUNCHERS, onRanks } from "../mpi.ts";
import { evaluate } from "../../tasks/evaluation/evaluate/evaluate.ts";
import { extract } from "../../tasks/evaluation/extract/extract.ts";
import { readScores } from "../../tasks/evaluation/evaluate/scores_file.ts";
import { finetune } from "../../tasks/runs/finetune/finetune.ts";
import { pretrain } from "../../tasks/runs/pretrain/pretrain.ts";
import { probe } from "../../tasks/runs/probe/probe.ts";
import { cliArguments } from "./small_command.ts";
import {
  checkpointTensors,
  folder,
  registry,
  smallFinetune,
  smallTask,
  stepLines,
} from "./small_task.ts";

/** Devices and ffmpeg's caches outlive a test. */
const LASTING = { sanitizeOps: false, sanitizeResources: false };

/** Chooses the same tokens whatever the last bits of the weights are. */
const PIXELS = frameDifference({ motionRatio: 0.5, maskRatio: 0.75 });

/** Trains on ranks of this process, and gives what rank 0 got. */
async function inRanks<T>(size: number, train: (ranks: Communicator) => Promise<T>): Promise<T> {
  const [first] = await Promise.all(localRanks(size).map(train));
  return first;
}

/** Largest difference of losses, relative, and the norm of that of the weights, relative to theirs. */
async function differences(
  a: { out: string | null },
  b: { out: string | null },
  steps: number,
): Promise<{ loss: number; weights: number }> {
  const [linesA, linesB] = [await stepLines(a.out!), await stepLines(b.out!)];
  assert.deepEqual(linesA.map(({ step }) => step), linesB.map(({ step }) => step));
  const losses = linesA.map(({ loss }, i) => {
    return Math.abs(Number(loss) - Number(linesB[i].loss)) / Math.abs(Number(loss));
  });
  const [weightsA, weightsB] = [
    await checkpointTensors(a, steps),
    await checkpointTensors(b, steps),
  ];
  let [square, norm] = [0, 0];
  for (const [name, values] of weightsA) {
    if (name.startsWith("optimizer.")) continue;
    const others = weightsB.get(name)!;
    values.forEach((value, i) => square += (value - others[i]) ** 2);
    values.forEach((value) => norm += value ** 2);
  }
  return { loss: Math.max(...losses), weights: Math.sqrt(square / norm) };
}

/** What {@linkcode differences} says of runs that have the same bits. */
const SAME = { loss: 0, weights: 0 };

function assertAlike({ loss, weights }: { loss: number; weights: number }): void {
  assert.ok(loss <= 1e-5 && weights <= 1e-4, `losses ${loss}, weights ${weights}`);
}

Deno.test({
  name: "ranks: pre-training with accumulation, drop path and EMA has the bits of one process",
  ...LASTING,
  fn: async () => {
    const task = (out: string) =>
      smallTask(out, {
        model: { dropPath: 0.2 },
        optimizer: { emaDecay: 0.9, emaDecayEnd: 1 },
        batch: 2,
        accumulate: 6,
        epochs: 5,
      });
    const [alone, several] = [task("ranks-1"), task("ranks-3")];
    const { folder: _, ...one } = await pretrain(alone, registry);
    const { folder: __, ...three } = await inRanks(
      3,
      (ranks) => pretrain(several, registry, { ranks }),
    );
    assert.deepEqual(three, one);
    assert.deepEqual(await differences(alone, several, one.steps), SAME);
    const lines = await stepLines(several.out!);
    for (const { communicationShare, ranks } of lines) {
      assert.ok(Number(communicationShare) > 0);
      assert.equal((ranks as unknown[]).length, 3);
    }
  },
});

Deno.test({
  name: "ranks: pre-training whose micro-batches are split is the same but for rounding",
  ...LASTING,
  fn: async () => {
    const task = (out: string) => smallTask(out, { masking: PIXELS, accumulate: 2, epochs: 4 });
    const [alone, several] = [task("ranks-whole"), task("ranks-split")];
    const { steps } = await pretrain(alone, registry);
    await inRanks(4, (ranks) => pretrain(several, registry, { ranks }));
    assertAlike(await differences(alone, several, steps));
  },
});

Deno.test({
  name:
    "ranks: fine-tuning with mixup and repeated augmentation, and a probe, are the same on 2 ranks",
  ...LASTING,
  fn: async () => {
    const tuned = (out: string, options: FinetuneOptions = {}) =>
      smallFinetune(out, {
        ...options,
        mix: { mixup: 0.8, cutmix: 1 },
        data: { samples: 2 },
        model: { dropPath: 0.2 },
        epochs: 1,
      });
    const [one, two] = [tuned("ranks-tuned-1"), tuned("ranks-tuned-2")];
    const alone = await finetune(one, registry);
    const result = await inRanks(2, (ranks) => finetune(two, registry, { ranks }));
    const [several, single] = [result, alone].map(({ validation }) => validation!.weights);
    assert.ok("top1" in several && "top1" in single);
    assert.equal(several.top1, single.top1);
    assertAlike(await differences(one, two, alone.steps));
    const wholes = [1, 2].map((size) =>
      tuned(`ranks-whole-${size}`, { batch: 2, accumulate: 2, evaluation: { batch: 2 } })
    );
    const { validation } = await finetune(wholes[0], registry);
    const shared = await inRanks(2, (ranks) => finetune(wholes[1], registry, { ranks }));
    assert.deepEqual(shared.validation, validation);
    assert.deepEqual(await differences(wholes[0], wholes[1], alone.steps), SAME);
    const probed = (out: string) =>
      defineProbe({
        name: "small",
        encoder: { from: one.out! },
        heads: { rates: [0.1], decays: [0] },
        data: { dataset: one.data.dataset, samplingRate: 1 },
        evaluation: { segments: 1, crops: 1 },
        epochs: 2,
        batch: 4,
        logEvery: 1,
        backend: "wasm",
        out: `${folder}/${out}`,
      });
    const [first, second] = [probed("ranks-probe-1"), probed("ranks-probe-2")];
    const { steps } = await probe(first, registry);
    await inRanks(2, (ranks) => probe(second, registry, { ranks }));
    assertAlike(await differences(first, second, steps));
  },
});

/** The shipped plugins, but for a data set whose second video cannot be read. */
function withUnreadable(name: string): Registry {
  const create = <T>(descriptor: Parameters<Registry["create"]>[0]): T => {
    const made = registry.create<T>(descriptor);
    if (descriptor.name !== name) return made;
    const prepare = async (options: Parameters<Dataset["prepare"]>[0]) => {
      const prepared = await (made as Dataset).prepare(options);
      const train = prepared.train.map((sample, i) =>
        i === 1 ? { ...sample, path: `${dirname(sample.path)}/missing.mp4` } : sample
      );
      return { ...prepared, train };
    };
    return { ...made, prepare } as T;
  };
  return Object.assign(Object.create(registry), { create });
}

Deno.test({
  name:
    "ranks: another task or list on one rank, and a batch that they cannot share, start nothing",
  ...LASTING,
  fn: async () => {
    const task = smallTask("ranks-refused");
    const refused = async (other: typeof task, otherRegistry: Registry, message: RegExp) => {
      const ended = await Promise.allSettled(
        localRanks(2).map((ranks) =>
          ranks.rank === 0
            ? pretrain(task, registry, { ranks })
            : pretrain(other, otherRegistry, { ranks })
        ),
      );
      for (const one of ended) {
        assert.match(String((one as PromiseRejectedResult).reason), message);
      }
    };
    await refused(
      { ...task, seed: 7 },
      registry,
      /same task\.seed, got 7 on rank 1 on localhost, but 0 on rank 0/,
    );
    await refused(
      task,
      withUnreadable("shapes"),
      /the same videos, got train 2: ".*", class 1, unreadable on rank 1 on localhost, but train 2: ".*", class 1, \d+ bytes on rank 0/,
    );
    await assert.rejects(Deno.stat(task.out!), Deno.errors.NotFound);
    assert.throws(
      () => batchPlaces({ batch: 3, accumulate: 1 }, { rank: 0, size: 2 }),
      /Cannot train on 2 ranks: batch must be a multiple of 2, or accumulate one of 2, got 3 and 1; the nearest batch is 2 or 4/,
    );
    const placesOf = (batch: number, accumulate: number) =>
      [0, 1].map((rank) => batchPlaces({ batch, accumulate }, { rank, size: 2 }, true));
    assert.deepEqual(placesOf(4, 1), [[0, 3], [1, 2]]);
    assert.deepEqual(placesOf(3, 4), [[0, 1, 2, 6, 7, 8], [3, 4, 5, 9, 10, 11]]);
  },
});

Deno.test({
  name: "ranks: a run whose rank is killed leaves no process, and goes on with another MPI",
  ignore: LAUNCHERS.some(({ ignore }) => ignore),
  ...LASTING,
}, async () => {
  const task = (out: string) => smallTask(out, { batch: 2, accumulate: 2, epochs: 8 });
  const [alone, several] = [task("ranks-never-killed"), task("ranks-killed")];
  const { steps } = await pretrain(alone, registry);
  const file = `${folder}/ranks-task.ts`;
  await Deno.writeTextFile(file, `export default ${JSON.stringify(several)};`);
  const [mpich, openMpi] = LAUNCHERS;
  const RANK_FILES = `${folder}/ranks-files`;
  await Deno.mkdir(RANK_FILES);
  const program = fileURLToPath(import.meta.resolve("./ranks_program.ts"));
  const args = cliArguments(["pretrain", file]).map((one) =>
    one === "tasks/cli.ts" ? program : one
  );
  const RANK_LOG = `${several.out}/log.jsonl`;
  const killed = await onRanks(mpich, 2, args.slice(2), { RANK_FILES, RANK_LOG });
  assert.equal(killed.code, mpich.killed, killed.stderr);
  assert.deepEqual(await countRanks(RANK_FILES), { started: 2, left: 0 });

  const { code, stderr } = await onRanks(openMpi, 2, args.slice(2), { RANK_FILES });
  assert.equal(code, 0, stderr);
  assert.match(stderr, /2 ranks: Open MPI .*\n[^]*Resuming from .*step-/);
  assert.deepEqual(await differences(alone, several, steps), SAME);
});

Deno.test("ranks: those of a host take its GPUs in turns, and share its cores", async () => {
  const turns = await Promise.all(
    localRanks(3).map(async (ranks) => (await shareOfRank(ranks)).turn),
  );
  assert.deepEqual(turns, [0, 1, 2]);
  assert.deepEqual(await shareOfRank(localRanks(1)[0]), {});
});

Deno.test({
  name: "ranks: videos are scored by all, whole batches each, and a stop of one stops them",
  ...LASTING,
  fn: async () => {
    const task = smallTask("ranks-views");
    const { train: videos } = await prepareVideos(task, registry);
    const views = centreView(task, dense.create(dense.defaults));
    const score = async (ranks: Communicator, signal?: AbortSignal) => {
      const options = { videos, views, batch: 2, size: 32, signal };
      const shared = { ranks, viewsPerVideo: 64 }; // so many that two ranks or more take two rounds
      const scored = scoreViewsOnRanks(shared, options, ({ pixels, batch }, views) => {
        rows[ranks.rank].push(...views.map(({ row }) => row));
        const bytes = pixels.length / batch;
        return Promise.resolve(
          Float32Array.from({ length: batch }, (_, i) => pixels[i * bytes + 99]),
        );
      });
      return (await Array.fromAsync(scored)).map(({ waitMs: _, ...one }) => one);
    };
    let rows: number[][] = [[]];
    const alone = await inRanks(1, (ranks) => score(ranks));
    rows = [[], [], []];
    for (const one of await Promise.all(localRanks(3).map((ranks) => score(ranks)))) {
      assert.deepEqual(one, alone);
    }
    assert.deepEqual(rows, [[0, 1, 6, 7], [2, 3, 8, 9], [4, 5, 10, 11]]);
    const ended = await Promise.allSettled(
      localRanks(2).map((ranks) =>
        score(ranks, ranks.rank === 1 ? AbortSignal.abort() : undefined)
      ),
    );
    for (const one of ended) assert.equal((one as PromiseRejectedResult).reason.name, "AbortError");
  },
});

Deno.test({
  name: "ranks: features that several take are those of one process, bit for bit",
  ...LASTING,
  fn: async () => {
    const task = smallTask("ranks-encoder", { steps: 1, epochs: 1 });
    await pretrain(task, registry);
    const options = { from: task.out!, segments: 2, batch: 4, shardBytes: 1024 };
    const [one, two] = [1, 3].map((size) => `${folder}/ranks-features-${size}`);
    const { shards } = await extract(registry, { ...options, out: one });
    await inRanks(3, (ranks) => extract(registry, { ...options, out: two, ranks }));
    assert.ok(shards > 1);
    const names = [...Deno.readDirSync(one)].map(({ name }) => name).filter((name) =>
      name.startsWith("shard-") || name === "index.jsonl"
    );
    for (const name of names) {
      const [a, b] = await Promise.all([one, two].map((out) => Deno.readFile(`${out}/${name}`)));
      assert.deepEqual(a, b, name);
    }
  },
});

Deno.test({
  name:
    "ranks: an evaluation on several has the scores of one; a rank that fails before ends all, and other commands are refused",
  ignore: LAUNCHERS.some(({ ignore }) => ignore),
  ...LASTING,
}, async () => {
  const task = smallFinetune("ranks-scored", { epochs: 1 });
  await finetune(task, registry);
  const alone = await evaluate(task.out!, registry);
  const [mpich, openMpi] = LAUNCHERS;
  const out = `${folder}/ranks-scores`;
  const args = cliArguments(["evaluate", task.out!, "--out", out]).slice(2);
  const { code, stdout, stderr } = await onRanks(openMpi, 2, args);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /top-1/);
  const several = await readScores(`${out}/scores.safetensors`);
  assert.deepEqual(several.entries, alone.scores.entries);
  const controlled = { control: "shuffled", batch: 4, fresh: true } as const;
  const one = await evaluate(task.out!, registry, { ...controlled, out: `${out}-1` });
  const three = await inRanks(
    3,
    (ranks) => evaluate(task.out!, registry, { ...controlled, out: `${out}-3`, ranks }),
  );
  assert.deepEqual(three.scores.entries, one.scores.entries);
  assert.deepEqual(three.summary, one.summary);
  const refused = await onRanks(mpich, 2, cliArguments(["report", out]).slice(2));
  assert.equal(refused.code, 1, refused.stderr);
  assert.match(refused.stderr, /^[^]*Cannot run on 2 ranks: this command must be started once/);
  assert.equal(refused.stderr.split("must be started once").length, 2, "told once");
  const other = cliArguments(["evaluate", task.out!, "--bacth", "2"]);
  const failed = await onRanks(mpich, 1, [...args, ":", "-n", "1", Deno.execPath(), ...other]);
  assert.equal(failed.code, 2, failed.stderr);
  assert.match(failed.stderr, /error: rank 1 on .*: Cannot read the command line: .*"--bacth"/);
});
