import { ffmpegStartupTime, findFfmpeg } from "@videoms/data";
import { type Command, defineCommand, type FlagSpecs } from "../../line/command.ts";
import { UsageError } from "../../line/parse_command.ts";
import { indexList, recordsOf } from "../indexed_list.ts";
import { LIST_ARGUMENT, LIST_FLAGS } from "../list_flags.ts";
import { benchReport, benchText, waitShare } from "./bench_report.ts";
import { measureLoader } from "./measure_loader.ts";

const FLAGS = {
  ...LIST_FLAGS,
  frames: { type: "whole", value: "count", help: "frames of a clip (default 16)" },
  stride: { type: "whole", value: "count", help: "frames of the video per frame (default 4)" },
  size: { type: "whole", value: "pixels", help: "side of the frames (default 224)" },
  batch: { type: "whole", value: "clips", help: "clips of a batch (default 8)" },
  clips: { type: "whole", value: "count", help: "clips to decode (default 96)" },
  device: {
    type: "number",
    value: "clips/s",
    help:
      "speed of a device that takes the clips and holds its own thread: tells how much it would wait",
  },
  json: { type: "boolean", help: "print the figures as JSON" },
} as const satisfies FlagSpecs;

/** Seconds that a device is watched at most. */
const DEVICE_SECONDS = 30;

/** @throws {UsageError} unless a number is above 0 */
function requirePositive(flags: Record<string, number | undefined>): void {
  for (const [name, value] of Object.entries(flags)) {
    if (value === undefined || value > 0) continue;
    throw new UsageError(`Cannot measure: --${name} must be above 0, got ${value}`);
  }
}

export const benchCommand: Command = defineCommand({
  name: "bench",
  summary: "measure how many clips a second the videos of a list give, and where the time goes",
  description: [
    "Takes clips through the loader of a training run, with random offsets and crops: once with one " +
    "process, which tells what a core gives, once with all of them, and once more at the pace of a " +
    "device if its speed is given.",
    "A run shows the speed of its device as clips/s where the share of waiting is small.",
  ],
  positionals: [LIST_ARGUMENT],
  flags: FLAGS,
  examples: ["bench train.txt --device 60", "bench small/train.txt --frames 16 --size 112 --json"],
  async run({ flags, positionals: [list], signal, output }) {
    const { frames = 16, stride = 4, size = 224, batch = 8, clips = 96, device } = flags;
    const { workers: processes = navigator.hardwareConcurrency } = flags;
    requirePositive({ frames, stride, size, batch, clips, device, workers: processes });
    const options = { dataRoot: flags["data-root"], workers: flags.workers, signal, output };
    const records = recordsOf(await indexList(list, options));
    if (records.length === 0) {
      throw new Error(`Cannot measure ${list}: a video must be readable, got none`);
    }
    const tools = await findFfmpeg();
    const bench = { records, batch, frames, stride, size, processes, tools, signal };
    const rounded = (count: number) => batch * Math.max(1, Math.round(count / batch));
    const startMs = await ffmpegStartupTime(tools);
    const one = await measureLoader({ ...bench, clips: rounded(clips / 2), processes: 1 });
    const all = await measureLoader({ ...bench, clips: rounded(clips) });
    const report = benchReport(one, all, { processes, startMs });
    if (device !== undefined) {
      const most = rounded(Math.min(clips, device * DEVICE_SECONDS));
      const paced = await measureLoader({ ...bench, clips: Math.max(most, 2 * batch), device });
      report.eventLoopLag = paced.lag;
      report.device = {
        clipsPerSecond: device,
        waitShare: waitShare(paced, report.clipsPerSecond, device),
      };
    }
    if (flags.json) return output.print(JSON.stringify(report, null, 1));
    output.print(benchText(report));
    if (records.length < clips) {
      output.print(
        `${records.length} videos for ${clips} clips: those of one file share its decoding, so a ` +
          "longer list is slower",
      );
    }
  },
});
