import { formatMetric, metricKind } from "@videoms/core/plain";
import { basename, join } from "node:path";
import type { Json } from "@videoms/core";
import {
  type CardFacts,
  readData,
  sourceLabel,
  withoutFolders,
  writePublished,
} from "@videoms/data";
import { requireAbsent } from "@videoms/data/files";
import { formatProcessor } from "@videoms/models";
import { readRun, type ReportRun } from "../compare/report/read_run.ts";
import { readSavedRun } from "../runs/checkpoint/saved_run.ts";
import { encoderSizes } from "../runs/network/model_options.ts";
import { type Conversion, convertWeights } from "../runs/weights/convert/convert.ts";
import type { EncoderTask } from "../runs/weights/task_of_weights.ts";
import { type Command, defineCommand } from "@videoms/data/console";

/** What a weight file says of its run, without folders of this machine. */
const describe = ({ task, ...metadata }: Readonly<Record<string, string>>) => ({
  ...metadata,
  ...task === undefined ? {} : { task: JSON.stringify(withoutFolders(JSON.parse(task))) },
});

/** The weights in Hugging Face's layout, or in ours where its models have no place for them. */
async function writeWeights(
  options: { from: string; out: string; average?: boolean; signal: AbortSignal },
): Promise<Conversion & Pick<CardFacts, "layout">> {
  try {
    const done = await convertWeights({ ...options, to: "hugging-face", force: true });
    return { ...done, layout: "hugging-face" };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const file = { ...options, out: join(options.out, "model.safetensors"), describe };
    const done = await convertWeights({ ...file, to: "videoms", force: true });
    const note = `transformers cannot load these weights: ${error.message}.`;
    return { ...done, notes: [note, ...done.notes], layout: "videoms" };
  }
}

/** What is to be known of a network and its training, for people. */
function networkFacts(task: EncoderTask, { record: { versions } }: ReportRun, values: number) {
  const { frames, imageSize, patchSize, tubeletSize } = task.model;
  const { width, depth, heads } = encoderSizes(task.model);
  const { dataset, samplingRate, fps } = task.data;
  return {
    network: `${depth} blocks of width ${width}, ${heads} heads; ${values} values in all`,
    clips: `${frames} frames of ${imageSize} × ${imageSize} pixels, sampling rate ${samplingRate}` +
      (fps === null ? "" : ` at ${fps} frames a second`),
    tokens: `${tubeletSize} × ${patchSize} × ${patchSize}, ` +
      ("masking" in task ? `masked by "${task.masking.name}"` : `chosen by "${task.tokens.name}"`),
    start: task.start.from === null ? "initialised weights" : basename(task.start.from),
    "data set": dataset.name,
    versions: Object.entries(versions).map((one) => one.join(" ")).join(", "),
  };
}

async function publish(
  run: string,
  { licence, ...options }: {
    out: string;
    licence: string | null;
    average?: boolean;
    signal: AbortSignal;
  },
): Promise<{ files: CardFacts["files"]; notes: readonly string[] }> {
  const { classes } = await readSavedRun(run);
  const { layout, notes, values } = await writeWeights({ ...options, from: run });
  const read = (await readRun(run))!;
  const { data: _, hosts: __, ...training } = read.record;
  const task = read.record.task as EncoderTask;
  const isHuggingFace = layout === "hugging-face";
  const processor = { "preprocessor_config.json": formatProcessor(task.model.imageSize) };
  const files = await writePublished({
    out: options.out,
    there: ["model.safetensors", ...isHuggingFace ? ["config.json"] : []],
    texts: isHuggingFace ? processor : {},
    training: training as unknown as Json,
    metrics: read.figures.map((one) => ({ ...one, unit: metricKind(one.name).unit.symbol })),
    samples: await readData(run),
    card: {
      ...{ name: task.name, kind: task.kind, licence, layout },
      notes: notes.filter((note) => !note.startsWith("not converted: ")), // such as the optimiser
      facts: networkFacts(task, read, values),
      classes: task.kind === "finetune" ? classes as string[] : [],
      figures: read.figures.map((one) => ({
        name: metricKind(one.name).label,
        value: formatMetric(one.name, one.value),
        of: sourceLabel(one),
        step: one.step,
      })),
    },
  });
  return { files, notes };
}

export const command: Command = defineCommand({
  summary: "make a folder for others of what a run has trained",
  description: [
    "Writes the weights of the newest checkpoint without the optimiser, the task, figures with what they were measured " +
    "on, the names of the videos, a model card and hashes. No folder of this machine is named.",
    "transformers loads the folder by from_pretrained where Hugging Face's VideoMAE is the same network; --from takes " +
    "it here.",
  ],
  positionals: [{ name: "run", type: "path", help: "run folder of a pre-training or fine-tuning" }],
  flags: {
    out: { type: "folder", required: true, help: "folder for the files" },
    licence: {
      type: "text",
      help: "licence of the weights, such as cc-by-4.0 (default: not stated)",
    },
    average: { type: "boolean", help: "publish the EMA of the weights" },
    force: { type: "boolean", help: "overwrite what is there" },
  },
  examples: ["publish runs/ucf101/finetune --out ucf101-videoms --licence cc-by-4.0"],
  async run({ flags: { force, licence = null, ...flags }, positionals: [run], signal, output }) {
    await requireAbsent(flags.out, force);
    const { files, notes } = await publish(run, { ...flags, licence, signal });
    for (const note of notes) output.print(note);
    output.print(
      `${flags.out}: README.md, SHA256SUMS, ${files.map(({ name }) => name).join(", ")}`,
    );
  },
});
