import type { Descriptor, Registry } from "@videoms/core";
import { annotations, findFfmpeg } from "@videoms/data";
import { loadRegistry } from "../definition/plugins.ts";
import { ENCODER_WEIGHTS } from "../definition/probe_task.ts";
import { extract, type ExtractResult } from "../evaluation/extract/extract.ts";
import { FEATURE_KINDS, FEATURE_TYPES } from "../evaluation/extract/view_features.ts";
import {
  type Command,
  defineCommand,
  type FlagSpecs,
  type FlagValues,
  type Output,
  printSome,
} from "@videoms/data/console";
import { FORM_FLAGS, IMAGE_RATE_FLAG } from "./data/indexed_list.ts";
import { onRanks } from "./line/on_ranks.ts";
import { DEVICE_FLAGS, PLUGIN_FLAG } from "./run_flags.ts";

const MEBIBYTE = 2 ** 20;

const FLAGS = {
  annotations: {
    type: "list",
    help: "videos, one `path label` a line (default: the encoder's data set)",
  },
  dataRoot: { type: "folder", help: "base of relative paths in the list (default: its folder)" },
  ...FORM_FLAGS,
  ...IMAGE_RATE_FLAG,
  split: {
    type: "text",
    choices: ["train", "held-out", "test"],
    default: "train",
    help: "which list of the encoder's own data set",
  },
  weights: {
    type: "text",
    choices: ENCODER_WEIGHTS,
    default: "last",
    help: "the checkpoint's last weights or their EMA",
  },
  tokens: {
    type: "text",
    value: "name",
    help:
      "plugin that chooses the tokens: all, motion-centric, … (default: as the fine-tuning that the " +
      "encoder comes from, else all)",
  },
  dropRatio: {
    type: "number",
    value: "share",
    help: "share of tokens to drop; implies --tokens motion-centric",
  },
  out: { type: "folder", required: true, help: "folder for the features" },
  features: {
    type: "text",
    choices: FEATURE_KINDS,
    default: "pooled",
    help: "one vector for each view, or one for each kept token",
  },
  segments: { type: "whole", default: 1, help: "clips along time" },
  crops: { type: "whole", default: 1, help: "square crops along the longer side" },
  mergeViews: { type: "boolean", help: "average the pooled features of a video's views" },
  type: { type: "text", choices: FEATURE_TYPES, default: "float32", help: "how values are stored" },
  shardSize: { type: "whole", value: "MiB", default: 256, help: "size of a file at most" },
  batch: { type: "whole", value: "clips", default: 16, help: "clips of a forward pass" },
  ...DEVICE_FLAGS,
  ...PLUGIN_FLAG,
  fresh: { type: "boolean", help: "delete earlier features in the folder and start anew" },
} as const satisfies FlagSpecs;

type Flags = FlagValues<typeof FLAGS>;

/** The choice of tokens; undefined if none is asked for. */
function tokensOf(
  { tokens, dropRatio }: Flags,
  registry: Registry,
): Descriptor<"tokens"> | undefined {
  if (tokens === undefined && dropRatio === undefined) return undefined;
  const options = dropRatio === undefined ? {} : { dropRatio };
  return registry.describe({ kind: "tokens", name: tokens ?? "motion-centric", options });
}

function report(output: Output, { rows, index, shards, found }: ExtractResult): void {
  const failed = rows.filter((row) => "error" in row);
  const from = found > 0 ? ` (${found} of them from before)` : "";
  output.print(`${rows.length - failed.length} rows of features in ${shards} files${from}`);
  printSome(output, failed.map(({ file, error }) => `unreadable: ${file}: ${error}`));
  output.print(`index: ${index}`);
}

export const command: Command = defineCommand({
  summary: "extract the features that an encoder gives for videos to safetensors files",
  description: [
    "Takes the encoder of a pre-training or fine-tuning run, as the decoder or the head sees it, and " +
    "writes a folder: shard-<n>.safetensors with `features` [V, D], or [V, K, D] beside `kept` int32 " +
    "[V, K], and index.jsonl with a line for every view: its video, label, segment, crop, file and " +
    "place, or why it could not be read. Started again with the same options, it resumes; mpirun shares out the videos.",
  ],
  positionals: [{
    name: "encoder",
    type: "weights",
    optional: true,
    help: "run folder or checkpoint file (default: runs/shapes/pretrain)",
  }],
  flags: FLAGS,
  examples: [
    "extract --split held-out --out runs/shapes/features",
    "extract runs/ucf101/finetune --annotations test.txt --segments 5 --crops 3 --merge-views --out features",
    "extract runs/ucf101/pretrain --features tokens --drop-ratio 0.4 --type float16 --out features",
  ],
  forRanks: true,
  whenStopped: "files of features that were whole are kept; the same command resumes",
  async run({ flags, positionals: [from], paths, signal, output }) {
    const { annotations: list, dataRoot = "", split, shardSize, out } = flags;
    const { columns, images = "", imageFps } = flags;
    const form = { dataRoot, columns, images, imageFps };
    const registry = await loadRegistry(flags.plugin);
    await findFfmpeg();
    await onRanks({ output, signal }, async (ranks, output) => {
      const extracting = extract(registry, {
        ...flags,
        from: from ?? paths.own("runs/shapes/pretrain"),
        tokens: tokensOf(flags, registry),
        dataset: list === undefined ? undefined : annotations({ train: list, ...form }),
        split: split === "held-out" ? "heldOut" : split,
        shardBytes: shardSize * MEBIBYTE,
        signal,
        output,
        ranks,
      });
      try {
        report(output, await extracting);
      } catch (error) {
        if (!signal.aborted || ranks.size > 1) throw error; // which ends the others
        output.printError(
          `Stopped; the features of whole videos are kept in ${out}, and the same command resumes`,
        );
      }
    });
  },
});
