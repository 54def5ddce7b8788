import { type Command, defineCommand } from "./line/command.ts";
import { UsageError } from "./line/parse_command.ts";
import type { UnseenFacts } from "@videoms/models";
import { convertWeights, LAYOUTS } from "../runs/weights/convert/convert.ts";

export const convertCommand: Command = defineCommand({
  name: "convert",
  summary: "write weights in another layout: VideoMS, PyTorch or Hugging Face",
  description: [
    "Reads a run folder, a checkpoint of VideoMS, a PyTorch checkpoint (.pth, .pt, .bin), a safetensors " +
    "file or a folder of Hugging Face, told apart by what is in them; `file.pth#model_ema` names one of the " +
    "weights in a file. Names and layouts change, values " +
    "and element types do not, so that the way back gives the same bytes. Nothing in a file is executed.",
    "`videoms` makes a safetensors file that pretrain, finetune, probe and extract start from, `pytorch` a " +
    '.pth with {"model": …}, `hugging-face` a folder with config.json and model.safetensors.',
  ],
  positionals: [{
    name: "from",
    type: "weights",
    help: "run folder, file of weights or folder of Hugging Face",
  }],
  flags: {
    to: { type: "text", choices: LAYOUTS, help: "layout that is written" },
    out: { type: "path", value: "path", help: "file, or folder for hugging-face" },
    force: { type: "boolean", help: "overwrite what is there" },
    average: { type: "boolean", help: "convert the average of the weights, such as model_ema" },
    heads: {
      type: "whole",
      value: "count",
      help: "attention heads of an encoder block, if not stored with the weights",
    },
    "decoder-heads": {
      type: "whole",
      value: "count",
      help: "attention heads of a decoder block, if not stored",
    },
    "image-size": {
      type: "whole",
      value: "pixels",
      help: "side of the frames in pixels, if not stored",
    },
    frames: { type: "whole", value: "count", help: "frames of a clip, if not stored" },
    "norm-epsilon": {
      type: "number",
      value: "number",
      help: "epsilon of layer norms, if not stored (default 1e-6)",
    },
    "head-norm-epsilon": {
      type: "number",
      value: "number",
      help: "epsilon of fc_norm, if not stored (default that of the other norms)",
    },
    "decoder-final-norm-epsilon": {
      type: "number",
      value: "number",
      help: "epsilon of the decoder's last norm, if not stored (default that of the other norms)",
    },
  },
  examples: [
    "convert checkpoint-799.pth --to videoms --out weights/k400.safetensors",
    "convert runs/ucf101/finetune --to hugging-face --out ucf101-videomae",
    "convert ucf101-videomae --to pytorch --out ucf101.pth",
  ],
  async run({ flags, positionals: [from], signal, output }) {
    const { to, out, force, average } = flags;
    if (to === undefined || out === undefined) {
      throw new UsageError("Cannot convert weights: --to and --out must be given");
    }
    const given = {
      heads: flags.heads,
      decoderHeads: flags["decoder-heads"],
      imageSize: flags["image-size"],
      frames: flags.frames,
      normEpsilon: flags["norm-epsilon"],
      headNormEpsilon: flags["head-norm-epsilon"],
      decoderFinalNormEpsilon: flags["decoder-final-norm-epsilon"],
    };
    const facts = Object.fromEntries(
      Object.entries(given).filter(([, value]) => value !== undefined),
    ) as Partial<UnseenFacts>;
    const done = await convertWeights({
      ...{ from, to, out, force, average, facts, signal },
    });
    for (const note of done.notes) output.print(note);
    const values = done.values.toLocaleString("en");
    output.print(`${done.tensors} tensors, ${values} values: ${done.files.join(", ")}`);
  },
});
