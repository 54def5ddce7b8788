import { DEVICE_FLAGS, PLUGIN_FLAG } from "./run_flags.ts";
import { findFfmpeg } from "@videoms/data";
import { type Command, defineCommand, type FlagSpecs } from "./line/command.ts";
import { UsageError } from "./line/parse_command.ts";
import { loadRegistry } from "../definition/plugins.ts";
import type { Output } from "../output/output.ts";
import { datasetOfFlags, ENCODER_FLAGS, splitOfFlags, tokensOfFlags } from "./encoder_flags.ts";
import { extract, type ExtractResult } from "../evaluation/extract/extract.ts";
import { FEATURE_KINDS, FEATURE_TYPES } from "../evaluation/extract/view_features.ts";

const MEBIBYTE = 2 ** 20;

const FLAGS = {
  ...ENCODER_FLAGS,
  out: { type: "path", value: "folder", help: "folder for the features (must be given)" },
  features: {
    type: "text",
    choices: FEATURE_KINDS,
    help: "one vector for each view, or one for each token that is looked at (default pooled)",
  },
  segments: { type: "whole", value: "count", help: "clips along time (default 1)" },
  crops: { type: "whole", value: "count", help: "windows along the longer side (default 1)" },
  "merge-views": { type: "boolean", help: "average the pooled features of a video's views" },
  type: { type: "text", choices: FEATURE_TYPES, help: "how values are stored (default float32)" },
  "shard-size": { type: "whole", value: "MiB", help: "size of a file at most (default 256)" },
  batch: { type: "whole", value: "clips", help: "clips of a forward pass (default 16)" },
  ...DEVICE_FLAGS,
  ...PLUGIN_FLAG,
  fresh: { type: "boolean", help: "delete earlier features in the folder and start anew" },
} as const satisfies FlagSpecs;

function report(output: Output, { rows, index, shards, found }: ExtractResult): void {
  const failed = rows.filter((row) => "error" in row);
  const from = found > 0 ? ` (${found} of them from before)` : "";
  output.print(`${rows.length - failed.length} rows of features in ${shards} files${from}`);
  for (const { file, error } of failed.slice(0, 10)) output.print(`unreadable: ${file}: ${error}`);
  if (failed.length > 10) output.print(`unreadable: ${failed.length - 10} more, see the index`);
  output.print(`index: ${index}`);
}

export const extractCommand: Command = defineCommand({
  name: "extract",
  summary: "write the features that an encoder gives for videos to safetensors files",
  description: [
    "Takes the encoder of a pre-training or fine-tuning run, as the decoder or the head sees it, and " +
    "writes a folder: shard-<n>.safetensors with `features` [V, D], or [V, K, D] beside `kept` int32 " +
    "[V, K], and index.jsonl with a line for every view: its video, label, segment, crop, file and " +
    "place, or why it could not be read. Started again with the same options it goes on where it was " +
    "stopped.",
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
  async run({ flags, positionals: [given], paths, signal, output }) {
    const from = given ?? paths.own("runs/shapes/pretrain");
    const { out, fresh, features, segments, crops, type, batch, weights } = flags;
    if (out === undefined) throw new UsageError("Cannot extract: --out must be given");
    const registry = await loadRegistry(flags.plugin);
    await findFfmpeg();
    const size = flags["shard-size"];
    const extracting = extract(registry, {
      from,
      out,
      backend: flags.backend,
      precision: flags.precision,
      weights: weights ?? "last",
      tokens: tokensOfFlags(flags, registry),
      dataset: datasetOfFlags(flags),
      split: splitOfFlags(flags),
      features: features ?? "pooled",
      segments: segments ?? 1,
      crops: crops ?? 1,
      mergeViews: flags["merge-views"] ?? false,
      type: type ?? "float32",
      shardBytes: (size ?? 256) * MEBIBYTE,
      batch: batch ?? 16,
      fresh: fresh ?? false,
      signal,
      output,
    });
    const result = await extracting.catch((error) => {
      if (!signal.aborted) throw error;
      output.printError(
        `Stopped; the features of whole videos are kept in ${out}, and the same command goes on`,
      );
      return null;
    });
    if (result) report(output, result);
  },
});
