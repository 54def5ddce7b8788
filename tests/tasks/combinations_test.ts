import assert from "node:assert/strict";
import {
  AdamW,
  type Descriptor,
  initialParameters,
  Parameters,
  randomStream,
  WeightEma,
} from "@videoms/core";
import { multiBlock, scheduled, several, tube } from "@videoms/masking";
import { MaskedAutoencoder, pixels } from "@videoms/models";
import { pretrain } from "../../tasks/runs/pretrain/pretrain.ts";
import { checkPretrainTask } from "../../tasks/runs/pretrain/pretrain_plugins.ts";
import { disposeSubject, pretrainStep } from "@videoms/studio/train";
import { autoencoderOf } from "../../tasks/runs/network/model_options.ts";

import { testOnBackends, valuesOf } from "../backends.ts";
import { checkpointTensors, registry, smallTask, stepLines } from "./small_task.ts";

/** Options that suit four tubelets of 4 × 4 places; ratios that leave room for all strategies. */
const OPTIONS: Record<string, Record<string, unknown>> = {
  "motion-centric": { maskRatio: 0.75, motionRatio: 0.5 },
  "block-motion": { maskRatio: 0.75, motionRatio: 0.5 },
  "frame-difference": { maskRatio: 0.75, motionRatio: 0.5 },
  "frame": { maskRatio: 0.5 },
  "several": { masks: [tube({ maskRatio: 0.75 }), multiBlock({ maskRatio: 0.5 })] },
  "scheduled": {
    stages: [{ until: 0.5, masking: tube({ maskRatio: 0.5 }) }, {
      until: 1,
      masking: multiBlock(),
    }],
  },
};

function described<Kind extends "masking" | "frames" | "objective" | "positions">(
  kind: Kind,
  name: string,
): Descriptor<Kind> {
  return registry.describe({ kind, name, options: OPTIONS[name] });
}

const namesOf = (kind: "masking" | "frames" | "objective" | "positions") =>
  registry.list(kind).map(({ name }) => name);

Deno.test("every strategy, frame selector and objective can be set up together", () => {
  for (const masking of namesOf("masking")) {
    for (const frames of namesOf("frames")) {
      for (const objective of namesOf("objective")) {
        const task = smallTask("unused", {
          masking: described("masking", masking),
          frames: described("frames", frames),
          objective: described("objective", objective),
          optimizer: { emaDecay: 0.9 },
        });
        checkPretrainTask(task, registry);
      }
    }
  }
});

testOnBackends("every combination takes a training step", async (device) => {
  const random = randomStream(0, "combinations");
  const positions = namesOf("positions");
  let turn = 0;
  for (const masking of namesOf("masking")) {
    for (const frames of namesOf("frames")) {
      for (const objectiveName of namesOf("objective")) {
        const task = smallTask("unused", {
          masking: described("masking", masking),
          frames: described("frames", frames),
          objective: described("objective", objectiveName),
          model: { positions: described("positions", positions[turn++ % positions.length]) },
          optimizer: { emaDecay: 0.9 },
        });
        const { strategy, selector, objective } = checkPretrainTask(task, registry);
        const model = new MaskedAutoencoder(autoencoderOf(task, registry, objective));
        const initial = initialParameters(model.specs, 0);
        const parameters = new Parameters(model.specs, initial);
        const average = new WeightEma(parameters, 0.9, initial);
        const optimizer = new AdamW(device, parameters, { ema: average });
        const { frames: length, tubeletSize, imageSize } = model.options.geometry;
        const decoded = selector.candidateFrames({ frames: length, tubeletSize });
        const bytes = 2 * decoded * imageSize ** 2 * 3;
        const { loss } = await pretrainStep(
          {
            model,
            parameters,
            strategy,
            selector,
            device,
            optimizer,
            objective,
            teacher: objective.needsFeatures ? average.parameters : null,
          },
          { pixels: Uint8Array.from({ length: bytes }, () => random.integer(256)), batch: 2 },
          {
            learningRate: 1e-3,
            weightDecay: 0.05,
            clipGradient: 1,
            microBatches: 1,
            progress: 0.3,
            random: [random.child(0), random.child(1)],
          },
        );
        const [value] = await valuesOf(loss);
        const { failure } = await optimizer.status();
        const where = `${masking}, ${frames}, ${objectiveName}`;
        assert.ok(Number.isFinite(value) && value > 0, `${where}: ${value}`);
        assert.equal(failure, null, where);
        disposeSubject({
          network: "pretrain",
          geometry: model.options.geometry,
          parameters,
          optimizer,
          average,
        });
        model.dispose();
      }
    }
  }
}, ["wasm"]);

/** One of the plugins of a kind, taking turns. */
function nth<Kind extends "optimizer" | "schedule">(kind: Kind, turn: number) {
  const plugins = registry.list(kind);
  return { kind, name: plugins[turn % plugins.length].name };
}

/** Each strategy twice; selectors and objectives take turns, so that each meets several strategies. */
const RUNS = namesOf("masking").flatMap((masking, i) => {
  const [frames, objectives] = [namesOf("frames"), namesOf("objective")];
  return [0, 1].map((turn) => ({
    masking,
    frames: frames[(i + 2 * turn) % frames.length],
    objective: objectives[(i + turn) % objectives.length],
    model: turn === 1
      ? { qkNorm: true, mlp: "swiglu" as const, classToken: true, registers: 1 }
      : {},
    method: registry.describe(nth("optimizer", i + turn)),
    schedule: registry.describe(nth("schedule", i + 2 * turn)),
    positions: namesOf("positions")[(i + 2 * turn) % namesOf("positions").length],
  }));
});

Deno.test("every frame selector runs with several strategies", () => {
  for (const frames of namesOf("frames")) {
    const strategies = new Set(
      RUNS.filter((run) => run.frames === frames).map((run) => run.masking),
    );
    assert.ok(strategies.size >= 2, frames);
  }
});

for (const { masking, frames, objective, positions, model, method, schedule } of RUNS) {
  Deno.test({
    name:
      `two steps with ${masking} masks, ${frames} frames, ${objective} and ${positions} positions`,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      const out = `${masking}-${frames}-${objective}`;
      const task = smallTask(out, {
        masking: described("masking", masking),
        frames: described("frames", frames),
        objective: described("objective", objective),
        model: { ...model, positions: described("positions", positions) },
        optimizer: { method, schedule, emaDecay: 0.9, warmupSteps: 1 },
        steps: 2,
        batch: 2,
      });
      const { loss, averageLoss } = await pretrain(task, registry, { fresh: true });
      assert.ok(Number.isFinite(loss) && Number.isFinite(averageLoss));
      const losses = (await stepLines(task.out!)).map((line) => line.loss as number);
      assert.equal(losses.length, 2);
      assert.ok(losses.every(Number.isFinite));
    },
  });
}

Deno.test("what cannot go together is refused", () => {
  const latent = smallTask("unused", { objective: described("objective", "latent") });
  assert.throws(
    () => checkPretrainTask(latent, registry),
    /optimizer\.emaDecay must be set, got null/,
  );
  const second = smallTask("unused", {
    objective: pixels({ frames: "second" }),
    model: { tubeletSize: 1 },
  });
  assert.throws(() => checkPretrainTask(second, registry), /tubeletSize must be at least 2, got 1/);
  const cell = smallTask("unused", {
    masking: described("masking", "running-cell"),
    model: { imageSize: 40 },
  });
  assert.throws(() => checkPretrainTask(cell, registry), /2 x 2 must tile the grid, got 5 x 5/);
  const masks = [tube({ maskRatio: 0.75 }), tube({ maskRatio: 0.01 })];
  const both = smallTask("unused", { masking: several({ masks }) });
  assert.throws(
    () => checkPretrainTask(both, registry),
    /maskRatio must leave a target token, got 0.01/,
  );
});

Deno.test({
  name: "a run with a schedule and features that is stopped goes on as if it had not been",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const options = {
      masking: scheduled({
        stages: [
          { until: 0.4, masking: tube({ maskRatio: 0.5 }) },
          { until: 1, masking: several({ masks: [tube(), multiBlock()] }) },
        ],
      }),
      objective: described("objective", "latent"),
      optimizer: { emaDecay: 0.9 },
    };
    assert.throws(
      () => checkPretrainTask(smallTask("unused", options), registry),
      /one mask each, got "several"/,
    );
    const sound = {
      ...options,
      masking: scheduled({
        stages: [
          { until: 0.4, masking: tube({ maskRatio: 0.5 }) },
          { until: 1, masking: multiBlock() },
        ],
      }),
    };
    const whole = smallTask("schedule-whole", sound);
    await pretrain(whole, registry);
    const cut = smallTask("schedule-cut", sound);
    const stop = new AbortController();
    let lines = 0;
    const watch = setInterval(async () => {
      lines = (await stepLines(cut.out!).catch(() => [])).length;
      if (lines >= 2) stop.abort();
    }, 5);
    const { steps } = await pretrain(cut, registry, { signal: stop.signal });
    clearInterval(watch);
    assert.ok(steps < 9, `${steps}`);
    await pretrain(cut, registry);
    assert.deepEqual(await checkpointTensors(cut, 9), await checkpointTensors(whole, 9));
  },
});
