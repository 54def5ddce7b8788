import { basename, extname, join } from "node:path";
import { findFfmpeg, videosAt } from "@videoms/data";
import { loadRegistry } from "../definition/plugins.ts";
import { lookText } from "../evaluation/look/look_statistics.ts";
import { LOOK_FORMATS, type LookFormat, writeLook } from "../evaluation/look/write_look.ts";
import { type Command, defineCommand, type FlagSpecs, UsageError } from "@videoms/data/console";
import { openLookSource, readAssignments, strategiesOf } from "./look_flags.ts";
import { FORM_FLAGS, IMAGE_RATE_FLAG } from "./data/indexed_list.ts";
import { DEVICE_FLAGS, PLUGIN_FLAG } from "./run_flags.ts";

const DEFAULT_FOLDER = "runs/look";

const FLAGS = {
  masking: {
    type: "text",
    value: "names",
    default: "motion-centric,tube,random",
    help: "strategies to show side by side",
  },
  frames: { type: "text", value: "name", help: "frame selector (default: the task's)" },
  run: {
    type: "weights",
    value: "run or file",
    help: "run or checkpoint file whose encoder embeds the tokens",
  },
  set: {
    type: "text",
    value: "field=value",
    repeat: true,
    help:
      "set masking.<option> for every strategy, <strategy>.<option> for one, or a field of the task, such " +
      "as model.patchSize=8 or frames.alpha=2",
  },
  epochs: { type: "whole", least: 1, default: 8, help: "epochs whose random draws are counted" },
  seed: { type: "whole", value: "number", help: "seed of every random draw (default: the task's)" },
  ...FORM_FLAGS,
  ...IMAGE_RATE_FLAG,
  limit: { type: "whole", least: 1, default: 4, help: "most videos of a list" },
  format: { type: "text", choices: LOOK_FORMATS, help: "what to write (default: as --out ends)" },
  out: { type: "file", help: `file, or folder for a list (default ${DEFAULT_FOLDER}/…)` },
  ...DEVICE_FLAGS,
  ...PLUGIN_FLAG,
} as const satisfies FlagSpecs;

/** The format that is asked for, or that the name of a file ends with. */
function formatOf(format: LookFormat | undefined, out = ""): LookFormat {
  const ending = extname(out).slice(1);
  if (format !== undefined || ending === "") return format ?? "png";
  const known = LOOK_FORMATS.find((one) => one === ending);
  if (known) return known;
  throw new UsageError(
    `Cannot read --out: it must end with one of ${LOOK_FORMATS.join(", ")}, got "${out}"`,
  );
}

export const command: Command = defineCommand({
  summary: "draw what masking strategies and frame selectors choose of a video, and how it moves",
  description: [
    "Draws the clip, the importance of its tokens, the visible, target (orange) and dropped (dark) tokens " +
    "of each strategy, and the kept and dropped frames: a sheet (PNG) or a film (MP4, GIF). With --run also " +
    "the reconstruction and the tokens that fine-tuning keeps. Prints statistics and writes them as JSON " +
    "beside the picture.",
    "Without --run there are no embeddings to measure importance on. The normalised pixels of each patch " +
    "take their place, and the caption says so.",
  ],
  positionals: [{
    name: "video or list",
    type: "path",
    help:
      "a file that ffmpeg can read, a folder of images, or a list (.txt, .csv) with one `path label` a line",
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
    const { limit, epochs, out } = flags;
    const { videos, isList } = await videosAt(given, limit, flags);
    const format = formatOf(flags.format, isList ? undefined : out);
    const registry = await loadRegistry(flags.plugin);
    const names = flags.masking.split(",");
    for (const name of names) registry.get("masking", name); // refuses what is not there
    const assignments = readAssignments(flags.set, registry, paths);
    await findFfmpeg();
    await using source = await openLookSource(flags, assignments.task, registry);
    output.printError(source.device.description);
    const strategies = strategiesOf(names, assignments.masking, source.task, registry);
    const folder = (isList ? out : undefined) ?? paths.own(DEFAULT_FOLDER);
    for (const [i, video] of videos.entries()) {
      const name = basename(video.record.path, extname(video.record.path));
      const place = isList ? `${String(i).padStart(3, "0")}-` : "";
      const inFolder = join(folder, `${place}${name}.${format}`);
      const path = isList ? inFolder : out ?? inFolder;
      const look = { source, registry, strategies, epochs, signal };
      output.print(lookText(await writeLook(path, format, video, look)));
      output.print(`picture: ${path}`);
    }
  },
});
