import assert from "node:assert/strict";
import { tokenGrid } from "@videoms/core";
import { informationIntensive, random, several, tube } from "@videoms/masking";
import { latent, pixels } from "@videoms/models";
import { defineAblation, type definePretrain, defineProbe } from "@videoms/tasks";
import { loggedMetrics } from "@videoms/data";
import { planCells } from "../../../tasks/compare/ablate/plan_cells.ts";
import { forwardCost, masksOf, trainingCost } from "../../../models/cost/clip_cost.ts";
import { loggedCost, secondsPerStep, sumCosts } from "../../../tasks/runs/cost/logged_cost.ts";
import {
  clipsPerStep,
  finetuneTaskCost,
  pretrainTaskCost,
  probeTaskCost,
  runCost,
  stepLoad,
  wholeCost,
} from "../../../tasks/runs/cost/run_cost.ts";
import { pretrainMemory } from "../../../models/cost/training_memory.ts";
import { checkPretrainTask } from "../../../tasks/runs/pretrain/pretrain_plugins.ts";
import { probeHeadsOf } from "../../../tasks/runs/probe/probe_plugins.ts";
import { autoencoderOf, encoderOf, geometryOf } from "../../../tasks/runs/network/model_options.ts";
import ucf101 from "../../../tasks/ucf101/pretrain.ts";
import { registry, smallFinetune, smallTask } from "../small_task.ts";

// The small task by hand: 64 tokens of 2 x 8 x 8 x 3 = 384 values; encoder of two blocks, 24 wide; decoder of
// one block, 12 wide.
const TOKENS = 64;
const VALUES = 384;
const EMBEDDING = TOKENS * VALUES * 24;

/** A block by hand: q, k, v and output, the MLP's two layers, scores and weighted sums of values. */
function block(tokens: number, width: number): number {
  return tokens * (4 + 8) * width ** 2 + 2 * tokens ** 2 * width;
}

/** Everything after the embedding, of one mask, where `values` are predicted of a token. */
function afterEmbedding(visible: number, target: number, values = VALUES): number {
  return 2 * block(visible, 24) + visible * 24 * 12 + block(visible + target, 12) +
    target * 12 * values;
}

Deno.test("cost: pixels cost what counting by hand gives, three times that in training", () => {
  // Half of the tokens move; three quarters of the tokens are hidden.
  const task = smallTask("unused");
  const { visible, target } = checkPretrainTask(task, registry).strategy.counts(
    tokenGrid(geometryOf(task)),
  );
  const cost = pretrainTaskCost(task, registry);
  assert.equal(forwardCost(cost), EMBEDDING + afterEmbedding(visible, target));
  assert.equal(trainingCost(cost), 3 * forwardCost(cost));
  const second = pretrainTaskCost({ ...task, objective: pixels({ frames: "second" }) }, registry);
  assert.equal(forwardCost(second), EMBEDDING + afterEmbedding(visible, target, VALUES / 2));
});

Deno.test("cost: features cost a teacher's pass over all tokens, without a gradient", () => {
  const task = smallTask("unused", {
    objective: latent({}),
    masking: tube({ maskRatio: 0.75 }),
    optimizer: { emaDecay: 0.99 },
  });
  const cost = pretrainTaskCost(task, registry);
  const own = EMBEDDING + afterEmbedding(16, 48, 24);
  assert.equal(trainingCost(cost), 3 * own + EMBEDDING + 2 * block(TOKENS, 24));
});

Deno.test("cost: two masks cost what two masks cost, on tokens that are embedded once", () => {
  const [one, other] = [tube({ maskRatio: 0.75 }), random({ maskRatio: 0.5 })];
  const cost = (masking: typeof one | typeof other | ReturnType<typeof several>) =>
    trainingCost(pretrainTaskCost(smallTask("unused", { masking }), registry));
  const both = cost(several({ masks: [one, other] }));
  assert.equal(both, cost(one) + cost(other) - 3 * EMBEDDING);
  assert.equal(both, 3 * (EMBEDDING + afterEmbedding(16, 48) + afterEmbedding(32, 32)));
});

Deno.test("cost: frames that are chosen from cost the embedding of their tokens", () => {
  const plain = smallTask("unused");
  const frames = informationIntensive({});
  const { candidateFrames } = checkPretrainTask({ ...plain, frames }, registry).selector;
  const candidates = candidateFrames(geometryOf(plain));
  assert.ok(candidates > 8);
  assert.equal(
    trainingCost(pretrainTaskCost({ ...plain, frames }, registry)),
    trainingCost(pretrainTaskCost(plain, registry)) + EMBEDDING * candidates / 8,
  );
});

Deno.test("cost: repeated samples and accumulation multiply the clips of a step", () => {
  const task = smallFinetune("unused", { tokens: { kind: "tokens", name: "all", options: {} } });
  const clip = finetuneTaskCost(task, 10, registry);
  assert.equal(forwardCost(clip), EMBEDDING + 2 * block(TOKENS, 24) + 24 * 10);
  const [once, more] = [
    { ...task, batch: 4, accumulate: 1, data: { ...task.data, samples: 1 } },
    { ...task, batch: 4, accumulate: 3, data: { ...task.data, samples: 2 } },
  ];
  assert.equal(clipsPerStep(once), 4);
  assert.equal(clipsPerStep(more), 24);
  // As many passes over the videos: a third of the steps, of six times the clips.
  const cost = (one: typeof once) => runCost({ ...one, epochs: 2, steps: null }, 12, clip);
  assert.equal(cost(once).steps, 3 * cost(more).steps);
  assert.equal(wholeCost(cost(more)), 2 * wholeCost(cost(once)));
});

Deno.test("cost: probes train their heads on a frozen encoder's pass", () => {
  const { model } = smallTask("unused");
  const options = { geometry: geometryOf({ model }), encoder: encoderOf(model, registry) };
  const task = defineProbe({
    tokens: { kind: "tokens", name: "all", options: {} },
    heads: { kinds: ["linear", "attentive"], rates: [1, 0.1], decays: [0], attentiveHeads: 3 },
  });
  const heads = probeHeadsOf(task, options.encoder, 5).options;
  const linear = 24 * 5;
  // Scores and means of three attention heads over the tokens; values, output and MLP of one query.
  const attentive = 2 * 3 * TOKENS * 24 + 2 * 24 ** 2 + 2 * 24 * 96 + 24 * 5;
  assert.equal(
    trainingCost(probeTaskCost(task, options, heads, registry)),
    3 * (2 * linear + 2 * attentive) + EMBEDDING + 2 * block(TOKENS, 24),
  );
});

Deno.test("cost: motion-centric against tube on ViT-B is as flops says", () => {
  const cost = (masking: typeof ucf101.masking) =>
    forwardCost(pretrainTaskCost({ ...ucf101, masking }, registry));
  const [own, other] = [cost(ucf101.masking), cost(tube({ maskRatio: 0.9 }))];
  assert.equal(ucf101.masking.name, "motion-centric");
  assert.equal((own / 1e9).toFixed(1), "19.8");
  assert.equal((other / 1e9).toFixed(1), "35.4");
});

Deno.test("cost: an ablation at equal cost counts every mask", async () => {
  const [one, other] = [tube({ maskRatio: 0.75 }), random({ maskRatio: 0.75 })];
  const task = defineAblation({
    name: "masks",
    pretrain: { ...smallTask("unused", { masking: one }), steps: 600 },
    axes: {
      masks: {
        one: { "pretrain.masking": one },
        two: { "pretrain.masking": several({ masks: [one, other] }) },
      },
    },
    seeds: [0],
    equalCost: "multiply-accumulates",
  });
  const [single, double] = await planCells(task, registry, null);
  const ratio = 3 * (EMBEDDING + afterEmbedding(16, 48)) /
    (3 * (EMBEDDING + 2 * afterEmbedding(16, 48)));
  assert.equal(single.tasks.pretrain!.steps, 600);
  assert.equal(double.tasks.pretrain!.steps, Math.round(600 * ratio));
});

Deno.test("cost: the memory of a step has every mask's activations and a teacher's features", () => {
  const memory = (options: Parameters<typeof definePretrain>[0]) => {
    const task = smallTask("unused", options);
    const { strategy, objective } = checkPretrainTask(task, registry);
    const model = autoencoderOf(task, registry, objective);
    const masks = masksOf(strategy, model.geometry);
    return {
      batch: task.batch,
      ...pretrainMemory(stepLoad(task), model, { masks, objective, parameters: 1 }),
    };
  };
  const one = tube({ maskRatio: 0.75 });
  const single = memory({ masking: one });
  const double = memory({ masking: several({ masks: [one, one] }) });
  assert.equal(double.activations, 2 * single.activations);
  assert.equal(double.data, single.data);
  const features = memory({
    masking: one,
    objective: latent({}),
    optimizer: { emaDecay: 0.99 },
  });
  const prediction = 48 * 4 * (VALUES - 24); // the loss works with features in place of pixels
  assert.equal(
    features.activations - single.activations,
    4 * single.batch * (TOKENS * 24 - prediction),
  );
});

Deno.test("cost: a log tells steps, clips, seconds and memory, also one that is odd", () => {
  const line = (step: number, clipsPerSecond: number | null, residentBytes = 1) => ({
    event: "step",
    step,
    metrics: loggedMetrics({ clipsPerSecond, residentBytes }),
  });
  const other = { event: "evaluation", step: 4, metrics: loggedMetrics({ loss: 1 }) };
  // 8 clips a step, of 3 multiply-accumulates each.
  const record = {
    task: smallTask("unused", { batch: 4, accumulate: 2 }),
    multiplyAccumulatesPerClip: 3,
  };
  assert.equal(loggedCost(record, [other]), null);
  const entries = [line(2, 4), other, line(6, 16, 5), line(10, 8, 3)];
  const cost = { multiplyAccumulates: 240, clips: 80, seconds: 10, peakBytes: 5 };
  assert.deepEqual(loggedCost(record, entries), cost);
  assert.deepEqual(sumCosts([cost, null, { ...cost, peakBytes: 7 }]), {
    multiplyAccumulates: 480,
    clips: 160,
    seconds: 20,
    peakBytes: 7,
  });
  assert.equal(sumCosts([cost, { ...cost, multiplyAccumulates: null }])!.multiplyAccumulates, null);
  assert.equal(sumCosts([null]), null);
  assert.equal(secondsPerStep(entries, 8), 8 / 16);
  // A rate that is missing, or 0, stands for no time; a single line has to do.
  assert.equal(loggedCost(record, [line(2, 0), line(4, null)])!.seconds, 0);
  assert.equal(secondsPerStep([line(2, 4)], 8), 2);
  assert.throws(() => secondsPerStep([line(2, 0)], 8), /must have clips per second/);
});
