import type { UnseenFacts } from "@videoms/models";
import { convertWeights, LAYOUTS } from "../runs/weights/convert/convert.ts";
import { type Command, defineCommand, type FlagSpecs } from "@videoms/data/console";

/** What may be unknown of a model, by the names of its facts. */
const FACTS = {
  heads: { type: "whole", help: "attention heads of an encoder block, if not stored" },
  decoderHeads: { type: "whole", help: "attention heads of a decoder block, if not stored" },
  imageSize: { type: "whole", value: "pixels", help: "frame size in pixels, if not stored" },
  frames: { type: "whole", help: "frames of a clip, if not stored" },
  normEpsilon: { type: "number", help: "LayerNorm epsilon, if not stored (default 1e-6)" },
  headNormEpsilon: {
    type: "number",
    help: "epsilon of fc_norm, if not stored (default: norm-epsilon)",
  },
  decoderFinalNormEpsilon: {
    type: "number",
    help: "epsilon of the decoder's last norm, if not stored (default: norm-epsilon)",
  },
} as const satisfies FlagSpecs;

export const command: Command = defineCommand({
  summary: "convert weights to another layout: VideoMS, PyTorch or Hugging Face",
  description: [
    "Reads a run folder, a checkpoint of VideoMS, a PyTorch checkpoint (.pth, .pt, .bin), a safetensors " +
    "file or a Hugging Face folder, recognised by their content; `file.pth#model_ema` names one of the " +
    "weights in a file. Names and layouts change, values and element types do not, so that converting back " +
    "gives the same bytes. Nothing in a file is executed.",
    "`videoms` makes a safetensors file that pretrain, finetune, probe and extract start from, `pytorch` a " +
    '.pth with {"model": …}, `hugging-face` a folder with config.json and model.safetensors.',
  ],
  positionals: [{
    name: "from",
    type: "weights",
    help: "run folder, weights file or Hugging Face folder",
  }],
  flags: {
    to: { type: "text", choices: LAYOUTS, required: true, help: "layout to write" },
    out: { type: "path", value: "path", required: true, help: "file, or folder for hugging-face" },
    force: { type: "boolean", help: "overwrite what is there" },
    average: { type: "boolean", help: "convert the EMA of the weights, such as model_ema" },
    ...FACTS,
  },
  examples: [
    "convert checkpoint-799.pth --to videoms --out weights/k400.safetensors",
    "convert runs/ucf101/finetune --to hugging-face --out ucf101-videomae",
    "convert ucf101-videomae --to pytorch --out ucf101.pth",
  ],
  async run({ flags: { to, out, force, average, ...given }, positionals: [from], signal, output }) {
    const facts: Partial<UnseenFacts> = Object.fromEntries(
      Object.entries(given).filter(([, value]) => value !== undefined),
    );
    const done = await convertWeights({ from, to, out, force, average, facts, signal });
    for (const note of done.notes) output.print(note);
    const values = done.values.toLocaleString("en");
    output.print(`${done.tensors} tensors, ${values} values: ${done.files.join(", ")}`);
  },
});
