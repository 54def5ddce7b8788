import { benchReport, benchText, ffmpegStartupTime, findFfmpeg, waitShare } from "@videoms/data";
import { type Command, defineCommand, type FlagSpecs, UsageError } from "@videoms/data/console";
import { measureLoader } from "./measure_loader.ts";
import { indexList, LIST_ARGUMENT, LIST_FLAGS } from "./indexed_list.ts";

const COUNT = { type: "whole", least: 1 } as const;

const FLAGS = {
  ...LIST_FLAGS,
  frames: { ...COUNT, default: 16, help: "frames of a clip" },
  stride: { ...COUNT, default: 4, help: "frames of the video per frame" },
  size: { ...COUNT, value: "pixels", default: 224, help: "side of the frames" },
  batch: { ...COUNT, value: "clips", default: 8, help: "clips of a batch" },
  clips: { ...COUNT, default: 96, help: "clips to decode" },
  device: {
    type: "number",
    value: "clips/s",
    help:
      "speed of a device that takes the clips and blocks its thread: prints how much it would wait",
  },
  json: { type: "boolean", help: "print JSON" },
} as const satisfies FlagSpecs;

const DEVICE_SECONDS = 30;

export const command: Command = defineCommand({
  summary: "measure how many clips per second load from a list, and where the time goes",
  description: [
    "Loads clips as a training run does, with random offsets and crops: once with one process, which " +
    "gives the speed of a core, once with all of them, and once more at the pace of a device if its speed " +
    "is given.",
    "A run shows the speed of its device as clips/s where its wait share is small.",
  ],
  positionals: [LIST_ARGUMENT],
  flags: FLAGS,
  examples: ["bench train.txt --device 60", "bench small/train.txt --frames 16 --size 112 --json"],
  async run(input) {
    const { flags, positionals: [list], signal, output } = input;
    const { frames, stride, size, batch, clips, device } = flags;
    const { workers: processes = navigator.hardwareConcurrency } = flags;
    if (device !== undefined && device <= 0) {
      throw new UsageError(`Cannot read --device: it must be above 0, got ${device}`);
    }
    const { records } = await indexList(list, input, true);
    if (records.length === 0) {
      throw new Error(`Cannot decode ${list}: a video must be readable, got none`);
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
        `${records.length} videos for ${clips} clips: clips of one file share its decoding, so a ` +
          "longer list is slower",
      );
    }
  },
});
