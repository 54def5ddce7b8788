import {
  indexCache,
  indexVideos,
  measureSpeedUp,
  preparedList,
  prepareFiles,
  type PrepareOutcome,
  SPEED_CLIP,
  type VideoRecord,
} from "@videoms/data";
import { basename, join, resolve } from "node:path";
import { type Command, defineCommand, type FlagSpecs } from "../../line/command.ts";
import { UsageError } from "../../line/parse_command.ts";
import { formatCommand } from "../../../output/progress/format_command.ts";
import type { Output } from "../../../output/output.ts";
import { createProgress } from "../../../output/progress/progress.ts";
import { writeAtomically } from "@videoms/data/files";
import { type IndexedList, indexList, recordsOf } from "../indexed_list.ts";
import { LIST_ARGUMENT, LIST_FLAGS } from "../list_flags.ts";
import { printSome } from "../print_some.ts";

const FLAGS = {
  ...LIST_FLAGS,
  out: { type: "path", value: "folder", help: "where the prepared videos and the new list go" },
  "short-side": {
    type: "whole",
    value: "pixels",
    help: "the shorter side at most, even; nothing is enlarged (default 256)",
  },
} as const satisfies FlagSpecs;

type Done = Extract<PrepareOutcome, { output: string }>;

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function doneOf(outcomes: readonly PrepareOutcome[]): Map<string, Done> {
  return new Map(outcomes.flatMap((one) => "output" in one ? [[one.path, one]] : []));
}

/** Tells what was prepared, what failed and how the size changed. */
function report(
  output: Output,
  outcomes: readonly PrepareOutcome[],
  records: VideoRecord[],
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
    output.print(`${odd.length} made the decoder complain; deno task data verify tells more:`);
    printSome(output, odd.map(({ path, complaint }) => `  ${path}: ${complaint}`));
  }
  const before = records.reduce((sum, { path, size }) => sum + (done.has(path) ? size : 0), 0);
  const after = all.reduce((sum, { outputSize }) => sum + outputSize, 0);
  output.print(`size: ${megabytes(before)} before, ${megabytes(after)} after`);
}

/** Measures and tells how much quicker clips come from the prepared files. */
async function reportSpeedUp(
  outcomes: readonly PrepareOutcome[],
  records: readonly VideoRecord[],
  { workers, signal, output }: { workers?: number; signal: AbortSignal; output: Output },
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
  { annotations, entries }: IndexedList,
  out: string,
  options: { shortSide?: number; workers?: number; signal: AbortSignal; output: Output },
): Promise<PrepareOutcome[]> {
  const total = new Set(annotations.map(({ path }) => path)).size;
  using progress = createProgress({
    label: "preparing videos",
    total,
    unit: "videos",
    output: options.output.status,
  });
  return await prepareFiles(entries, {
    folder: out,
    shortSide: options.shortSide,
    processes: options.workers,
    ...indexCache(options.output.printError),
    signal: options.signal,
    onProgress: ({ done }) => progress.update(done),
  });
}

export const prepareCommand: Command = defineCommand({
  name: "prepare",
  summary: "write the videos of a list anew so that training decodes them several times as fast",
  description: [
    "Each video becomes an MPEG-4 Part 2 file without sound: small, a key frame every 16 frames, every " +
    "frame at its time. The folders of the originals are kept below their common one. A stopped " +
    "or killed command goes on where it was; files that fail are listed in errors.jsonl, and tried " +
    "again by the next call. The new list has the name of the old one, its order and its labels.",
    "Train and test lists may share a folder.",
  ],
  positionals: [LIST_ARGUMENT],
  flags: FLAGS,
  examples: ["prepare train.txt --out small", "prepare test.txt --out small --short-side 128"],
  whenStopped: "the videos that are whole are kept, and the same command goes on",
  async run({ flags, positionals: [list], paths, signal, output }) {
    const { out, workers, "short-side": shortSide } = flags;
    if (out === undefined) throw new UsageError("Cannot prepare: --out must name a folder");
    const newList = join(resolve(out), basename(list));
    if (newList === resolve(list)) {
      throw new UsageError(
        `Cannot prepare: --out must be another folder than that of the list, got ${out}`,
      );
    }
    const indexed = await indexList(list, {
      dataRoot: flags["data-root"],
      workers,
      checkFiles: false,
      signal,
      output,
    });
    const records = recordsOf(indexed);
    const outcomes = await prepare(indexed, out, { shortSide, workers, signal, output });
    report(output, outcomes, records, out);
    const lines = preparedList(indexed.annotations, outcomes, resolve(out));
    if (lines.length === 0) {
      throw new Error(`Cannot prepare ${list}: a video must succeed, got none`);
    }
    await writeAtomically(newList, lines.join("\n") + "\n");
    await reportSpeedUp(outcomes, records, { workers, signal, output });
    const listed = join(out, basename(list));
    output.print(`list: ${listed}, ${lines.length} of ${indexed.annotations.length} lines`);
    const task = paths.own("tasks/ucf101/pretrain.ts");
    const next = formatCommand("deno", "task", "pretrain", task, "--annotations", listed);
    output.print(`next: ${next}`);
  },
});
