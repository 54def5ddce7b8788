import assert from "node:assert/strict";
import { type Plugin, pluginsOf, type Schedule, type UpdateRule } from "@videoms/core";
import type { ConformanceCheck } from "@videoms/core/testing";
import * as data from "@videoms/data";
import { augmentationChecks, datasetChecks, loggerChecks } from "@videoms/data/testing";
import * as masking from "@videoms/masking";
import { gridOf } from "@videoms/core";
import { framesChecks, maskingChecks, tokensChecks } from "@videoms/masking/testing";
import * as models from "@videoms/models";
import {
  backboneChecks,
  objectiveChecks,
  optimizerChecks,
  positionsChecks,
  scheduleChecks,
} from "@videoms/models/testing";
import { keptByMlflow, keptByTensorboard, keptByWandb } from "../data/loggers/readers.ts";

const folder = await Deno.makeTempDir({ prefix: "videoms-conformance-" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

function register(checks: readonly ConformanceCheck[]): void {
  for (const { name, run } of checks) {
    // Devices stay open from test to test.
    Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn: run });
  }
}

const { tube, multiBlock } = masking;

/** Options of strategies whose defaults mask nothing. */
const COMPOSED: Record<string, Record<string, unknown>> = {
  several: { masks: [tube(), multiBlock()] },
  scheduled: {
    // As many tokens in each stage: what is counted is the most that a stage has.
    stages: [
      { until: 0.5, masking: multiBlock({ area: 0.5 }) },
      { until: 1, masking: multiBlock() },
    ],
  },
};

for (const plugin of pluginsOf(masking)) {
  if (plugin.kind === "masking") {
    const options = COMPOSED[plugin.name] ?? {};
    register(maskingChecks(plugin as unknown as Plugin<"masking", never, masking.MaskingStrategy>, {
      options: options as never,
      parts: [tube, multiBlock],
      grids: plugin.name === "frame" || plugin.name === "running-cell"
        ? [gridOf(8, 8, 6), gridOf(9, 6, 4)]
        : undefined,
      impossible:
        ("maskRatio" in plugin.defaults ? [{ maskRatio: 1 }, { maskRatio: -1 }] : []) as never[],
    }));
  }
  if (plugin.kind === "tokens") {
    register(tokensChecks(plugin as unknown as Plugin<"tokens", never, masking.TokenSelection>));
  }
  if (plugin.kind === "frames") {
    register(framesChecks(plugin as unknown as Plugin<"frames", never, masking.FrameSelector>));
  }
}

for (const plugin of pluginsOf(models)) {
  if (plugin.kind === "objective") {
    register(objectiveChecks(plugin as unknown as Plugin<"objective", never, models.Objective>));
  }
  if (plugin.kind === "optimizer") {
    register(optimizerChecks(plugin as unknown as Plugin<"optimizer", never, UpdateRule>));
  }
  if (plugin.kind === "schedule") {
    register(scheduleChecks(plugin as unknown as Plugin<"schedule", never, Schedule>));
  }
  if (plugin.kind === "positions") {
    register(positionsChecks(plugin as unknown as Plugin<"positions", never, models.Positions>));
  }
}

register(backboneChecks(models.vit));
register(
  backboneChecks(models.vit, {
    block: { width: 12, heads: 3, qkNorm: true, keyBias: true, mlp: "swiglu" },
  }).map(({ name, run }) => ({ name: `${name}: QK-norm and SwiGLU`, run })),
);
register(
  positionsChecks(models.learned, { options: { separate: false } })
    .map(({ name, run }) => ({ name: `${name}: a row for each token`, run })),
);

for (const normalize of models.TARGET_NORMS) {
  register(
    objectiveChecks(models.pixels, { options: { normalize, frames: "second" } })
      .map(({ name, run }) => ({ name: `${name}: second, ${normalize}`, run })),
  );
}

register(augmentationChecks(data.standardAugmentation, { impossible: [{ flip: 2 }] }));
register(augmentationChecks(data.noAugmentation));
register(loggerChecks(data.tensorboard, { read: keptByTensorboard }));
register(loggerChecks(data.wandb, {
  read: keptByWandb,
  impossible: [{ project: "" }, { tags: [1] as unknown as string[] }],
}));
register(loggerChecks(data.mlflow, {
  options: (folder) => ({ dir: `${folder}/mlruns` }),
  read: async (run, folder) =>
    (await keptByMlflow(run, `${folder}/mlruns`))
      // The only sign of its name that MLflow takes in no name.
      .map(([tag, ...rest]) => [tag.replace("rate 0.1 decay 0", "rate=0.1 decay=0"), ...rest]),
  impossible: [{ experiment: "" }, { dir: "" }],
}));
register(loggerChecks(data.noLogger));
register(loggerChecks(data.severalLoggers, {
  options: () => ({ loggers: ["wandb", data.tensorboard()] }),
  parts: [data.wandb, data.tensorboard],
  read: async (run) => {
    const [first, second] = [await keptByWandb(run), await keptByTensorboard(run)];
    assert.deepEqual(first.map(String).sort(), second.map(String).sort());
    return first;
  },
  impossible: [{ loggers: [] }],
}));

register(datasetChecks(data.shapes, {
  options: { videos: 12, heldOut: 4, size: 32, frames: 16, dir: `${folder}/shapes` },
  impossible: [{ videos: 0 }],
}));

register(datasetChecks(data.mix, {
  options: {
    sets: [4, 6].map((videos) => ({
      dataset: data.shapes({ videos, heldOut: 2, size: 32, frames: 16, dir: `${folder}/shapes` }),
      weight: videos,
      frames: masking.uniform(),
    })),
  },
  parts: [data.shapes, masking.uniform],
  impossible: [{ sets: [] }, { sets: [{ dataset: data.shapes() }] }],
}));
