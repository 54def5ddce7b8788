import type { LoopLag } from "@videoms/data";
import type { LoaderTimes } from "./measure_loader.ts";

export interface BenchReport {
  /** Processes at a time in the passes with all of them. */
  processes: number;
  /** Clips per second with a single process: what a core gives. */
  clipsPerSecondAndCore: number;
  /** Clips per second through the loader with all processes. */
  clipsPerSecond: number;
  /** Milliseconds per clip, summed over the processes. */
  msPerClip: {
    start: number;
    /** Decoding, cropping, resizing and writing. */
    decode: number;
    read: number;
    /** The rest: planning, handing over, and processes without work. */
    handOver: number;
  };
  /**
   * How late timers came on the thread that decodes, in milliseconds; beside a device if its speed is
   * given.
   */
  eventLoopLag: LoopLag;
  /** What a device of a given speed would see. */
  device: { clipsPerSecond: number; waitShare: number } | null;
}

export function benchReport(
  one: LoaderTimes,
  all: LoaderTimes,
  { processes, startMs }: { processes: number; startMs: number },
): BenchReport {
  const perClip = (total: number) => total / all.clips;
  const sum = (part: (group: LoaderTimes["groups"][number]) => number) =>
    all.groups.reduce((total, group) => total + part(group), 0);
  const start = Math.min(startMs * all.groups.length, sum(({ processMs }) => processMs));
  const decode = sum(({ processMs }) => processMs) - start;
  const read = sum(({ readMs }) => readMs);
  const rest = Math.max(0, 1000 * all.seconds * processes - start - decode - read);
  return {
    processes,
    clipsPerSecondAndCore: one.clips / one.seconds,
    clipsPerSecond: all.clips / all.seconds,
    msPerClip: {
      start: perClip(start),
      decode: perClip(decode),
      read: perClip(read),
      handOver: perClip(rest),
    },
    eventLoopLag: all.lag,
    device: null,
  };
}

/**
 * Share of its time that a device waits for data. What was decoded before its first batch serves a short
 * pass for long, so in the long run it is at least the share by which the device is quicker than the loader.
 *
 * @param paced a pass at the pace of the device
 * @param clipsPerSecond what the loader gives
 */
export function waitShare(
  { waiting, running }: Pick<LoaderTimes, "waiting" | "running">,
  clipsPerSecond: number,
  device: number,
): number {
  return Math.max(waiting / running, 1 - clipsPerSecond / device);
}

export function benchText(report: BenchReport): string {
  const { msPerClip, eventLoopLag: lag, device } = report;
  const total = Object.values(msPerClip).reduce((sum, ms) => sum + ms, 0);
  const stage = (name: string, ms: number) =>
    `  ${name.padEnd(30)} ${ms.toFixed(1).padStart(7)} ms  ${
      (100 * ms / total).toFixed(0).padStart(3)
    } %`;
  const lines = [
    `${report.clipsPerSecondAndCore.toFixed(1)} clips/s with one process, ` +
    `${report.clipsPerSecond.toFixed(1)} clips/s end to end with ${report.processes}`,
    "time per clip, over all processes:",
    stage("start of ffmpeg", msPerClip.start),
    stage("decoding, crop and scaling", msPerClip.decode),
    stage("reading pixels", msPerClip.read),
    stage("handing over, idle processes", msPerClip.handOver),
    `thread that decodes: timers came ${lag.p50.toFixed(1)} ms late (median), ` +
    `${lag.p99.toFixed(1)} ms (99th percentile)`,
  ];
  if (device) {
    lines.push(
      `a device of ${device.clipsPerSecond} clips/s waits for data ` +
        `${(100 * device.waitShare).toFixed(1)} % of its time`,
    );
  }
  return lines.join("\n");
}
