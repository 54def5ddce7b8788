/**
 * How many clips a second video files give, side by side: one ffmpeg per clip, this project's groups, PyAV
 * (Debian's python3-av, if it is there) and this project after `data prepare`. Every clip is of a file of its
 * own, as in a long list: of links to the file given.
 *
 * ```sh
 * deno task decoders clips/a.mp4 clips/b.avi --clips 48 --repeats 3
 * ```
 *
 * Every way is taken in turn, several times, and its best time counts. "per core" counts the processor's
 * time, so other work on the machine matters less to it. It needs Linux and all permissions (`deno run -A` by
 * hand), since Deno shows /proc to nobody else; without them there is none.
 *
 * @module
 */

import { randomStream } from "@videoms/core";
import {
  centreCrop,
  type ClipRequest,
  createLimiter,
  decodeClips,
  ffmpegVersion,
  findFfmpeg,
  indexVideos,
  prepareFiles,
  type VideoRecord,
} from "@videoms/data";
import { basename, extname, join } from "node:path";
import { cpuUsage } from "node:process";
import { parseArgs } from "node:util";
import { userFolder, userPaths } from "@videoms/data/console";
import { timesOf } from "../data/index/seek_table.ts";

const { values: flags, positionals: files } = parseArgs({
  allowPositionals: true,
  options: {
    clips: { type: "string", default: "48" },
    processes: { type: "string", default: String(navigator.hardwareConcurrency) },
    repeats: { type: "string", default: "3" },
    python: { type: "string", default: "/usr/bin/python3" },
  },
});
const clips = Number(flags.clips);
const processes = Number(flags.processes);
const repeats = Number(flags.repeats);
const SIZE = 224;
const [FRAMES, STRIDE] = [16, 4];
const tools = await findFfmpeg();
const decoder = new TextDecoder();

/** Seconds of the clock and of the processor. */
interface Time {
  seconds: number;
  cpu: number;
}

/** Processor seconds of this process and of its children that have ended; NaN where the system does not say. */
async function cpuSeconds(): Promise<number> {
  const { user, system } = cpuUsage();
  const stat = await Deno.readTextFile("/proc/self/stat").catch(() => null);
  if (stat === null) return NaN;
  // Fields of Linux, in hundredths of a second; the name before them may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const children = (Number(fields[13]) + Number(fields[14])) / 100;
  return (user + system) / 1e6 + children;
}

async function timed(work: () => Promise<unknown>): Promise<Time> {
  const [start, cpu] = [performance.now(), await cpuSeconds()];
  await work();
  return { seconds: (performance.now() - start) / 1000, cpu: await cpuSeconds() - cpu };
}

/** The same clips of any version of a file, each of a link of its own. */
async function requestsOf(record: VideoRecord, folder: string): Promise<ClipRequest[]> {
  const random = randomStream(0, "compare");
  const links = await Promise.all(Array.from({ length: clips }, async (_, i) => {
    const path = join(folder, `${i}${extname(record.path)}`);
    await Deno.symlink(record.path, path);
    return path;
  }));
  return links.map((path) => {
    const start = random.integer(Math.max(1, record.frames - (FRAMES - 1) * STRIDE));
    const frames = Array.from({ length: FRAMES }, (_, t) => start + t * STRIDE);
    return {
      record: { ...record, path },
      frames: frames.filter((frame) => frame < record.frames),
      crop: centreCrop(record),
      size: SIZE,
    };
  });
}

async function ours(requests: readonly ClipRequest[], groups: boolean): Promise<Time> {
  const limiter = createLimiter(processes);
  const options = { processes: limiter, tools };
  return await timed(async () => {
    const decoded = groups
      ? await decodeClips(requests, options)
      : (await Promise.all(requests.map((one) => decodeClips([one], options)))).flat();
    const failed = decoded.find((clip) => "error" in clip);
    if (failed) throw new Error(`Cannot compare: ${JSON.stringify(failed)}`);
  });
}

/** Times PyAV; null where there is none. */
async function pyav(requests: readonly ClipRequest[]): Promise<Time | null> {
  const jobs = requests.map(({ record, frames, crop, size }) => ({
    path: record.path,
    frames,
    pts: record.seek && timesOf(record.seek, Array.from(frames)),
    ...{ width: record.width, height: record.height, crop, size },
  }));
  const child = new Deno.Command(flags.python, {
    args: [join(import.meta.dirname!, "decode_pyav.py")],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify({ processes, clips: jobs })));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  if (code === 0) return JSON.parse(decoder.decode(stdout));
  const words = decoder.decode(stderr);
  if (!words.includes("ModuleNotFoundError")) throw new Error(words);
  return null;
}

async function recordOf(path: string): Promise<VideoRecord> {
  const [entry] = await indexVideos([path]);
  if ("error" in entry) throw new Error(`Cannot compare ${path}: ${entry.error}`);
  return entry.record;
}

async function compare(file: string): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "videoms-compare-" });
  try {
    const record = await recordOf(file);
    const [outcome] = await prepareFiles([{ path: record.path, record }], {
      folder: join(folder, "prepared"),
    });
    if ("error" in outcome) throw new Error(`Cannot prepare ${file}: ${outcome.error}`);
    const links = (name: string) => Deno.mkdir(join(folder, name)).then(() => join(folder, name));
    const originals = await requestsOf(record, await links("before"));
    const prepared = await requestsOf(await recordOf(outcome.output), await links("after"));
    const few = originals.slice(0, 24); // as slow as it is
    const ways: [string, number, () => Promise<Time | null>][] = [
      ["one ffmpeg per clip", few.length, () => ours(few, false)],
      ["videoms", clips, () => ours(originals, true)],
      ["PyAV", clips, () => pyav(originals)],
      ["videoms, prepared", clips, () => ours(prepared, true)],
      ["PyAV, prepared", clips, () => pyav(prepared)],
    ];
    const best = new Map<string, Time>();
    for (let i = 0; i < repeats; i++) {
      for (const [name, , measure] of ways) {
        const now = await measure();
        const known = best.get(name) ?? { seconds: Infinity, cpu: Infinity };
        if (now === null) continue;
        const [seconds, cpu] = [Math.min(now.seconds, known.seconds), Math.min(now.cpu, known.cpu)];
        best.set(name, { seconds, cpu });
      }
    }
    const { width, height, codec } = record;
    console.log(`${basename(file)}: ${codec} ${width}x${height}, ${record.frames} frames`);
    for (const [name, count] of ways) {
      const time = best.get(name);
      if (!time) continue;
      const [all, core] = [count / time.seconds, count / time.cpu]
        .map((value) => value.toFixed(1).padStart(6));
      const perCore = Number.isNaN(time.cpu) ? "" : `  ${core} clips/s per core`;
      console.log(`  ${name.padEnd(22)} ${all} clips/s${perCore}`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

console.log(
  `ffmpeg ${await ffmpegVersion(
    tools,
  )}, ${processes} processes, ${clips} clips of ${FRAMES} frames`,
);
const paths = userPaths(userFolder());
for (const file of files) await compare(paths.typed(file));
