import type { GroupTimes } from "../decode/decode_group.ts";
import type { LoopLag } from "./event_loop_lag.ts";

/** What was measured of a pass of clips through a loader. */
export interface LoaderTimes {
  readonly clips: number;
  /** From the first request to the last batch. */
  readonly seconds: number;
  /** Seconds from the first batch on. */
  readonly running: number;
  /** Seconds of these in which the caller waited for a batch. */
  readonly waiting: number;
  readonly groups: readonly GroupTimes[];
  readonly lag: LoopLag;
}

/** How fast clips load, and where the time goes. */
export interface BenchReport {
  /** Processes at a time in the passes with all of them. */
  processes: number;
  /** Clips per second with a single process: what a core gives. */
  clipsPerSecondAndCore: number;
  /** Clips per second through the loader with all processes. */
  clipsPerSecond: number;
  /** Milliseconds per clip, summed over the processes; decoding includes crop and scaling, handing over all the rest. */
  msPerClip: { start: number; decode: number; read: number; handOver: number };
  /** Event-loop delay of the loader thread in milliseconds; beside a device if its speed is given. */
  eventLoopLag: LoopLag;
  /** What a device of a given speed would see. */
  device: { clipsPerSecond: number; waitShare: number } | null;
}

/**
 * What two passes come to.
 *
 * @param one with one process
 * @param all with all processes
 */
export function benchReport(
  one: LoaderTimes,
  all: LoaderTimes,
  { processes, startMs }: { processes: number; startMs: number },
): BenchReport {
  const { groups, clips, seconds, lag } = all;
  const busy = groups.reduce((sum, { processMs }) => sum + processMs, 0);
  const start = Math.min(startMs * groups.length, busy);
  const read = groups.reduce((sum, { readMs }) => sum + readMs, 0);
  const handOver = Math.max(0, 1000 * seconds * processes - busy - read);
  return {
    processes,
    clipsPerSecondAndCore: one.clips / one.seconds,
    clipsPerSecond: clips / seconds,
    msPerClip: {
      start: start / clips,
      decode: (busy - start) / clips,
      read: read / clips,
      handOver: handOver / clips,
    },
    eventLoopLag: lag,
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

/** A report for people. */
export function benchText(report: BenchReport): string {
  const { msPerClip, eventLoopLag: lag, device } = report;
  const total = Object.values(msPerClip).reduce((sum, ms) => sum + ms, 0);
  const stage = (name: string, ms: number) => {
    const share = (100 * ms / total).toFixed(0).padStart(3);
    return `  ${name.padEnd(30)} ${ms.toFixed(1).padStart(7)} ms  ${share} %`;
  };
  const lines = [
    `${report.clipsPerSecondAndCore.toFixed(1)} clips/s with one process, ` +
    `${report.clipsPerSecond.toFixed(1)} clips/s end to end with ${report.processes}`,
    "time per clip, over all processes:",
    stage("start of ffmpeg", msPerClip.start),
    stage("decoding, crop and scaling", msPerClip.decode),
    stage("reading pixels", msPerClip.read),
    stage("handing over, idle processes", msPerClip.handOver),
    `loader thread: event-loop delay ${lag.p50.toFixed(1)} ms (median), ${
      lag.p99.toFixed(1)
    } ms (p99)`,
  ];
  if (device) {
    lines.push(
      `a device of ${device.clipsPerSecond} clips/s waits for data ` +
        `${(100 * device.waitShare).toFixed(1)} % of its time`,
    );
  }
  return lines.join("\n");
}
