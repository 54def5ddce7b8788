import {
  indexCache,
  indexVideos,
  measureSpeedUp,
  preparedList,
  prepareFiles,
  type PrepareFilesOptions,
  type PrepareOutcome,
  SPEED_CLIP,
  type VideoRecord,
  withImageRate,
} from "@videoms/data";
import { writeAtomically } from "@videoms/data/files";
import { basename, join, resolve } from "node:path";
import {
  type Command,
  createProgress,
  defineCommand,
  type FlagSpecs,
  type Output,
  printSome,
  UsageError,
} from "@videoms/data/console";
import { formatCommand } from "@videoms/core/plain";
import {
  IMAGE_RATE_FLAG,
  type IndexedList,
  indexList,
  LIST_ARGUMENT,
  LIST_FLAGS,
  type ListInput,
} from "./indexed_list.ts";

const FLAGS = {
  ...LIST_FLAGS,
  out: { type: "folder", required: true, help: "folder for the prepared videos and the new list" },
  shortSide: { type: "whole", value: "pixels", default: 256, help: "largest shorter side, even" },
  to: { type: "text", choices: ["video", "frames"], default: "video", help: "files or images" },
  format: {
    type: "text",
    choices: ["jpeg", "png"],
    default: "jpeg",
    help: "images of --to frames",
  },
  fps: { type: "number", help: "frames per second (default: every frame at its own time)" },
  ...IMAGE_RATE_FLAG,
} as const satisfies FlagSpecs;

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** The videos that were prepared, now or before, by their original path. */
function doneOf(outcomes: readonly PrepareOutcome[]) {
  return new Map(outcomes.flatMap((one) => "output" in one ? [[one.path, one] as const] : []));
}

function report(
  output: Output,
  outcomes: readonly PrepareOutcome[],
  records: readonly VideoRecord[],
  out: string,
): void {
  const done = doneOf(outcomes);
  const failed = new Map(
    outcomes.flatMap((one) => "error" in one ? [[one.path, one.error]] : []),
  );
  const all = [...done.values()];
  const made = all.filter((one) => one.made).length;
  output.print(
    `${all.length} videos prepared in ${out} (${made} now, ${all.length - made} before), ` +
      `${failed.size} failed`,
  );
  printSome(output, [...failed].map(([path, error]) => `  ${path}: ${error}`));
  if (failed.size > 0) output.print(`  all of them: ${join(out, "errors.jsonl")}`);
  const odd = all.filter(({ complaint }) => complaint !== null);
  if (odd.length > 0) {
    output.print(`the decoder reported errors in ${odd.length}; see deno task data verify:`);
  }
  printSome(output, odd.map(({ path, complaint }) => `  ${path}: ${complaint}`));
  const before = records.reduce((sum, { path, size }) => sum + (done.has(path) ? size : 0), 0);
  const after = all.reduce((sum, { outputSize }) => sum + outputSize, 0);
  output.print(`size: ${megabytes(before)} before, ${megabytes(after)} after`);
}

/** Measures and prints how much faster clips come from the prepared files. */
async function reportSpeedUp(
  outcomes: readonly PrepareOutcome[],
  records: readonly VideoRecord[],
  { flags: { workers }, signal, output }: ListInput,
): Promise<void> {
  const done = doneOf(outcomes);
  const originals = records.filter(({ path }) => done.has(path));
  const entries = await indexVideos(originals.map(({ path }) => done.get(path)!.output), {
    ...indexCache(output.printError),
    concurrency: workers,
    signal,
  });
  const pairs = entries.flatMap((entry, i) =>
    "record" in entry ? [[originals[i], entry.record] as const] : []
  );
  const speed = await measureSpeedUp(pairs, { processes: workers, signal });
  if (!speed) return;
  const { frames, size } = SPEED_CLIP;
  output.print(
    `decoding ${speed.clips} clips of ${frames} frames at ${size}x${size}: ` +
      `${speed.before.toFixed(1)} clips/s before, ${speed.after.toFixed(1)} after: ` +
      `${(speed.after / speed.before).toFixed(1)} times as fast`,
  );
}

async function prepare(
  { records, unreadable, entries }: IndexedList,
  target: Pick<PrepareFilesOptions, "folder" | "shortSide" | "to" | "fps">,
  { flags: { workers }, signal, output }: ListInput,
): Promise<PrepareOutcome[]> {
  const total = records.length + unreadable.size;
  using progress = createProgress(output.status, "preparing videos", total, "videos");
  return await prepareFiles(entries, {
    ...target,
    processes: workers,
    ...indexCache(output.printError),
    signal,
    onProgress: ({ done }) => progress.update(done),
  });
}

export const command: Command = defineCommand({
  summary: "make small videos or images of a list, which training decodes several times as fast",
  description: [
    "Each video becomes an MPEG-4 Part 2 file without sound: never enlarged, a key frame every 16 frames, every " +
    "frame at its time. The folders of the originals are kept below their common one. A command that was " +
    "stopped or killed resumes; files that fail are listed in errors.jsonl, and tried again by the next " +
    "call. The new list has the name of the old one, its order and its labels.",
    "With --to frames, each video becomes a folder of images img_00001.jpg and on. With --fps, the frames " +
    "nearest to that rate are kept, as data.fps chooses them; no frame is repeated.",
    "Train and test lists may share a folder.",
  ],
  positionals: [LIST_ARGUMENT],
  flags: FLAGS,
  examples: ["prepare train.txt --out small", "prepare test.txt --out frames --to frames --fps 10"],
  whenStopped: "the videos that are whole are kept, and the same command resumes",
  async run(input) {
    const { flags: { out, shortSide, fps, imageFps }, positionals: [list], paths, output } = input;
    const to = input.flags.to === "video" ? "video" : input.flags.format;
    const newList = join(resolve(out), basename(list));
    if (newList === resolve(list)) {
      throw new UsageError(
        `Cannot prepare: --out must be another folder than that of the list, got ${out}`,
      );
    }
    const indexed = await indexList(list, input, false);
    const { annotations, records } = indexed;
    if (annotations.some(({ frames }) => frames)) {
      throw new UsageError(`Cannot prepare ${list}: its lines must name whole videos, got frames`);
    }
    const entries = indexed.entries.map((entry) => withImageRate(entry, imageFps));
    const target = { folder: out, shortSide, to, fps } as const;
    const outcomes = await prepare({ ...indexed, entries }, target, input);
    report(output, outcomes, records, out);
    const lines = preparedList(annotations, outcomes, resolve(out));
    if (lines.length === 0) {
      throw new Error(`Cannot prepare ${list}: a video must succeed, got none`);
    }
    await writeAtomically(newList, lines.join("\n") + "\n");
    await reportSpeedUp(outcomes, records, input);
    const listed = join(out, basename(list));
    output.print(`list: ${listed}, ${lines.length} of ${annotations.length} lines`);
    const task = paths.own("tasks/ucf101/pretrain.ts");
    const next = formatCommand("deno", "task", "pretrain", task, "--annotations", listed);
    output.print(`next: ${next}`);
  },
});
