import { DEVICE_FLAGS, PLUGIN_FLAG } from "./run_flags.ts";
import { basename, extname, join } from "node:path";
import { findFfmpeg } from "@videoms/data";
import { type Command, defineCommand, type FlagSpecs } from "./line/command.ts";
import { UsageError } from "./line/parse_command.ts";
import { loadRegistry } from "../definition/plugins.ts";
import { lookedVideos } from "../evaluation/look/looked_videos.ts";
import { lookText } from "../evaluation/look/look_statistics.ts";
import { openLookSource, readAssignments, strategiesOf } from "./look_flags.ts";
import { LOOK_FORMATS, type LookFormat, writeLook } from "../evaluation/look/write_look.ts";

const DEFAULT_FOLDER = "runs/look";

const FLAGS = {
  masking: {
    type: "text",
    value: "names",
    help: "strategies to show side by side (default motion-centric,tube,random)",
  },
  frames: { type: "text", value: "name", help: "frame selector (default: the task's)" },
  run: {
    type: "weights",
    value: "run or file",
    help: "pre-training or fine-tuning run, or a checkpoint file, to embed tokens by",
  },
  set: {
    type: "text",
    value: "field=value",
    repeat: true,
    help:
      "set masking.<option> for every strategy, <strategy>.<option> for one, or a field of the task, such " +
      "as model.patchSize=8 or frames.alpha=2",
  },
  epochs: { type: "whole", value: "count", help: "epochs whose chance is drawn (default 8)" },
  seed: { type: "whole", value: "number", help: "seed of every random draw (default: the task's)" },
  limit: { type: "whole", value: "count", help: "videos of a list to look at (default 4)" },
  format: { type: "text", choices: LOOK_FORMATS, help: "what to write (default: as --out ends)" },
  out: {
    type: "path",
    value: "file",
    help: `file, or folder for a list (default ${DEFAULT_FOLDER}/<video>.png)`,
  },
  ...DEVICE_FLAGS,
  ...PLUGIN_FLAG,
} as const satisfies FlagSpecs;

function formatOf(format: LookFormat | undefined, out: string | undefined): LookFormat {
  if (format !== undefined) return format;
  const ending = extname(out ?? "").slice(1);
  if (ending === "") return "png";
  const known = LOOK_FORMATS.find((one) => one === ending);
  if (known) return known;
  throw new UsageError(
    `Cannot read --out: it must end with one of ${LOOK_FORMATS.join(", ")}, got "${out}"`,
  );
}

function atLeastOne(flag: string, value: number): number {
  if (value >= 1) return value;
  throw new UsageError(`Cannot read --${flag}: it must be from 1, got ${value}`);
}

export const lookCommand: Command = defineCommand({
  name: "look",
  summary: "what masking strategies and frame selectors choose of a video, and how it moves",
  description: [
    "Draws the clip, the importance of its tokens, the visible, target (orange) and dropped (dark) tokens " +
    "of each strategy, and the frames kept and left: a sheet (PNG) or a film (MP4, GIF). With --run also " +
    "the reconstruction and the tokens that fine-tuning keeps. Prints statistics and writes them as JSON " +
    "beside the picture.",
    "Without --run there are no embeddings to measure importance on. The normalised pixels of each patch " +
    "take their place, and the caption says so.",
  ],
  positionals: [{
    name: "video or list",
    type: "path",
    help: "a file that ffmpeg can read, or a list (.txt, .csv) with one `path label` a line",
  }],
  flags: FLAGS,
  examples: [
    "look clip.mp4 --out look.mp4",
    "look clip.mp4 --masking motion-centric,tube --set tube.maskRatio=0.75 --frames information-intensive",
    "look clip.mp4 --run runs/ucf101/pretrain --out look.gif",
    "look test.txt --limit 10 --out looks",
  ],
  whenStopped: "the pictures that are whole are kept",
  async run({ flags, positionals: [given], paths, signal, output }) {
    const epochs = atLeastOne("epochs", flags.epochs ?? 8);
    const { videos, isList } = await lookedVideos(given, atLeastOne("limit", flags.limit ?? 4));
    const format = formatOf(flags.format, isList ? undefined : flags.out);
    const registry = await loadRegistry(flags.plugin);
    const assignments = readAssignments(flags.set, registry, paths);
    await findFfmpeg();
    const { run, frames, seed, backend, precision } = flags;
    const from = { run, frames, seed, backend, precision };
    await using source = await openLookSource(from, assignments.task, registry);
    output.printError(source.device.description);
    const names = (flags.masking ?? "motion-centric,tube,random").split(",");
    const strategies = strategiesOf(names, assignments.masking, source.task, registry);
    for (const [i, video] of videos.entries()) {
      const name = basename(video.record.path, extname(video.record.path));
      const inFolder = join(
        isList && flags.out !== undefined ? flags.out : paths.own(DEFAULT_FOLDER),
        `${isList ? `${String(i).padStart(3, "0")}-` : ""}${name}.${format}`,
      );
      const path = isList ? inFolder : flags.out ?? inFolder;
      const look = { source, registry, strategies, epochs, signal };
      output.print(lookText(await writeLook(path, format, video, look)));
      output.print(`picture: ${path}`);
    }
  },
});
