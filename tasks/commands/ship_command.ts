import { join } from "node:path";
import { earlierSite, shipSite, writeSite } from "@videoms/studio";
import { moduleAddress } from "@videoms/data/files";
import { loadRegistry } from "../definition/plugins.ts";
import { FEATURE_TYPES } from "../evaluation/extract/view_features.ts";
import {
  classifierWeights,
  clipTime,
  modelCard,
  shipSettings,
} from "../evaluation/ship/ship_run.ts";
import { openClassifier } from "../runs/classifier/trained_classifier.ts";
import { type Command, defineCommand } from "@videoms/data/console";
import { DEVICE_FLAGS, PLUGIN_FLAG } from "./run_flags.ts";
import { DEFAULT_CLASSIFIER, VIEW_FLAGS } from "./view_flags.ts";

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`;

export const command: Command = defineCommand({
  summary: "make a page that classifies videos in the browser, for any web server",
  description: [
    "Writes a folder of static files: page, network, weights, model card and licences. A visitor drops a video or " +
    "uses the camera; it is classified on the visitor's machine, by WebGPU where there is a GPU, and nothing is " +
    "uploaded. Once loaded over HTTPS or from 127.0.0.1, the page works without a network.",
    "Classes and probabilities are those of `predict` on the same views. The time printed is that of the network " +
    "on this machine; the page shows the visitor's.",
  ],
  positionals: [{
    name: "run",
    type: "path",
    optional: true,
    help: `fine-tuning run (default ${DEFAULT_CLASSIFIER})`,
  }],
  flags: {
    out: { type: "folder", help: "folder for the files (default <run>/site)" },
    type: {
      type: "text",
      choices: FEATURE_TYPES,
      default: "float32",
      help: "how weights are stored; float16 takes half the room, and rounds them",
    },
    licence: { type: "text", default: "not stated", help: "licence of the weights, in words" },
    ...VIEW_FLAGS,
    ...DEVICE_FLAGS,
    ...PLUGIN_FLAG,
  },
  examples: ["ship", 'ship runs/gestures/finetune --out site --type float16 --licence "CC BY 4.0"'],
  async run({ flags, positionals: [given], paths, output }) {
    const run = given ?? paths.own(DEFAULT_CLASSIFIER);
    const { out = join(run, "site"), type, licence, plugin } = flags;
    await earlierSite(out); // refuses a folder of other files before the work
    const registry = await loadRegistry(plugin);
    await using classifier = await openClassifier(run, registry, flags);
    const { evaluation } = classifier.task;
    const { segments = evaluation.segments, crops = evaluation.crops } = flags;
    const weights = await classifierWeights(classifier, type);
    const files = await shipSite({
      settings: shipSettings(classifier, { segments, crops }),
      modules: plugin.map(moduleAddress),
      weights,
      card: modelCard(classifier, licence),
      licence,
    });
    const bytes = await writeSite(out, files);
    const time = await clipTime(classifier);
    output.print(
      `${out}: ${files.size} files, ${megabytes(bytes)}, weights ${megabytes(weights.length)}`,
    );
    output.print(
      `${time.toFixed(1)} ms a clip, ${
        segments * crops
      } clips a video (${classifier.device.description})`,
    );
  },
});
