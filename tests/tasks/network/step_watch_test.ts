import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import {
  AdamW,
  type Communicator,
  localRanks,
  Parameters,
  type ParameterSpec,
} from "@videoms/core";
import type { ClipBatch, LabelledVideo } from "@videoms/data";
import { readLog } from "@videoms/tasks";
import { openRunFolder } from "../../../tasks/runs/folder/run_folder.ts";
import { CheckpointSaver } from "../../../tasks/runs/checkpoint/checkpoint_saver.ts";
import { NonFiniteError, StepWatch } from "../../../tasks/runs/training/step_watch.ts";
import { testOnBackends } from "../../backends.ts";

const SPECS: readonly ParameterSpec[] = [
  { name: "maskToken", shape: [1, 1, 4], initializer: { kind: "constant", value: 0 } },
];

/** Steps of which some are not finite, and which of them happened. */
const STEPS = [1, NaN, 2, Infinity, 3];

testOnBackends("a skipped step leaves everything as if it had not been", async (device) => {
  const folder = await Deno.makeTempDir();
  const run = await openRunFolder(`${folder}/run`, { keepCheckpoints: 1 });
  const log = await run.openLog(0);
  const trainVideos = STEPS.map((_, i) => ({ record: { path: `${i}.mp4` } }) as LabelledVideo);
  const train = async (
    skipNonFinite: number,
    values: readonly number[],
    ranks: Communicator = localRanks(1)[0],
  ) => {
    const parameters = new Parameters(SPECS, new Map([["maskToken", new Float32Array(4)]]));
    const optimizer = new AdamW(device, parameters);
    const counts = { clips: 0, replaced: 0, skipped: 0, damaged: {} };
    const geometry = { frames: 2, tubeletSize: 2, imageSize: 4, patchSize: 4 };
    const task = { skipNonFinite, precision: "f32", keepCheckpoints: 1, keepEvery: 0 } as const;
    const subject = {
      network: "pretrain",
      geometry,
      parameters,
      optimizer,
      average: null,
    } as const;
    const options = {
      folder: run,
      log,
      subject,
      task,
      stepsPerEpoch: 1,
      device,
      counts,
      metadata: {},
    };
    const saver = new CheckpointSaver(options);
    const shared = { ranks };
    const watch = new StepWatch({
      ...{ task, optimizer, trainVideos, folder: run, saver, counts, shared },
      log: ranks.rank === 0 ? log : { ...log, append: () => {} },
    });
    try {
      for (const [step, value] of values.entries()) {
        watch.note(
          step,
          { indices: Int32Array.of((step + ranks.rank) % STEPS.length) } as ClipBatch,
        );
        const gradient = tf.fill([1, 1, 4], value);
        optimizer.step(new Map([["maskToken", gradient]]), { learningRate: 0.1, weightDecay: 0 });
        gradient.dispose();
        assert.equal(await watch.happened(), Number.isFinite(value) || skipNonFinite === 0);
      }
      await watch.check();
      return [[...await parameters.readTensor("maskToken")], optimizer.steps, counts.skipped];
    } finally {
      await saver.close();
      optimizer.dispose();
      parameters.dispose();
    }
  };
  const [weights] = await train(0, STEPS.filter(Number.isFinite));
  assert.deepEqual(await train(2, STEPS), [weights, 3, 2]);
  await assert.rejects(train(1, STEPS), (error) => {
    assert.ok(error instanceof NonFiniteError);
    assert.match(error.message, /gradient norm of step 3 must be finite, .* 1 steps were skipped/);
    return true;
  });
  // Without a budget nothing asks before the end, and the first step that failed is named.
  await assert.rejects(train(0, STEPS), /gradient norm of step 1 must be finite/);
  const both = localRanks(2).map((ranks) => train(0, STEPS, ranks));
  for (const { status } of await Promise.allSettled(both)) assert.equal(status, "rejected");
  const events = (await readLog(`${run.path}/log.jsonl`)).map(({ event, step, clips }) =>
    [event, step, ...clips as string[]].join(" ")
  );
  assert.deepEqual(events, [
    "skipped 1 1.mp4",
    "skipped 3 3.mp4",
    "skipped 1 1.mp4",
    "non-finite 3 3.mp4",
    "non-finite 1 1.mp4",
    "non-finite 1 1.mp4 2.mp4",
  ]);
  log.close();
  run[Symbol.dispose]();
  await Deno.remove(folder, { recursive: true });
});
