import {
  CACHE_FOLDER,
  indexCache,
  makeManifest,
  sharedContent,
  type VideoRecord,
} from "@videoms/data";
import {
  type Command,
  type CommandInput,
  defineCommand,
  type FlagSpecs,
} from "../../line/command.ts";
import type { Output } from "../../../output/output.ts";
import { createProgress } from "../../../output/progress/progress.ts";
import { type IndexedList, indexList, recordsOf, unreadableOf } from "../indexed_list.ts";
import { LIST_ARGUMENT, LIST_FLAGS } from "../list_flags.ts";
import { printSome } from "../print_some.ts";

const FLAGS = {
  ...LIST_FLAGS,
  against: {
    type: "path",
    value: "list",
    help: "another list that must share no file with this one, compared by content",
  },
  manifest: {
    type: "path",
    value: "file",
    help: "write path, size, frames and SHA-256 of every file, as JSON",
  },
} as const satisfies FlagSpecs;

/** How many values there are of each kind: "12 h264, 3 mpeg4". */
function tally(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([value, n]) => `${n} ${value}`).join(", ");
}

/** What is known of a list now. */
function report(indexed: IndexedList, output: Output): VideoRecord[] {
  const { cacheFile } = indexCache(output.printError);
  const records = recordsOf(indexed);
  const bad = unreadableOf(indexed);
  const cut = records.filter(({ frames, declaredFrames }) => (declaredFrames ?? 0) > frames);
  const frames = records.reduce((sum, record) => sum + record.frames, 0);
  const hours = records.reduce((sum, record) => sum + record.duration, 0) / 3600;
  const seekable = records.filter(({ seek }) => (seek?.keyframes.length ?? 0) > 1).length;
  output.print(
    `${indexed.annotations.length} lines, ${records.length} videos, ${frames} frames, ` +
      `${hours.toFixed(2)} h: ${tally(records.map(({ codec }) => codec))}`,
  );
  output.print(
    `${seekable} can be started in the middle, ${
      records.length - seekable
    } are read from the start; ` +
      `${indexed.probed} looked into now, the rest known from ${cacheFile ?? "memory"}`,
  );
  if (cut.length > 0) {
    output.print(
      `${cut.length} promise more frames than they have (truncated):`,
    );
    printSome(output, cut.map((one) => `  ${one.path}: ${one.frames} of ${one.declaredFrames}`));
  }
  if (bad.size > 0) {
    output.print(`${bad.size} unreadable:`);
    printSome(output, [...bad].map(([path, error]) => `  ${path}: ${error}`));
  }
  return records;
}

async function writeManifest(
  file: string,
  records: readonly VideoRecord[],
  { signal, output }: Pick<CommandInput<typeof FLAGS>, "signal" | "output">,
): Promise<void> {
  using progress = createProgress({
    label: "hashing",
    total: records.length,
    unit: "videos",
    output: output.status,
  });
  let done = 0;
  const manifest = await makeManifest(records, {
    signal,
    onFile: () => progress.update(++done),
  });
  await Deno.writeTextFile(file, JSON.stringify(manifest, null, 1) + "\n");
  output.print(`manifest: ${file}, ${manifest.files.length} files, hash ${manifest.hash}`);
}

export const indexCommand: Command = defineCommand({
  name: "index",
  summary: "look into every video of a list, once, and tell what is there",
  description: [
    "Counts the frames of each file by its packets and finds out codec, size, frame times and whether " +
    "decoding may start in the middle. Only where packets do not tell how many frames there are (MPEG " +
    "streams, interlaced H.264, changing sizes, rare codecs) the file is decoded for it. What was found " +
    `is kept by path, size and time of change in ${CACHE_FOLDER}, which runs read; a stopped or killed ` +
    "index goes on.",
    "The exit code is 1 if a file cannot be read, or is shared with the other list.",
  ],
  positionals: [LIST_ARGUMENT],
  flags: FLAGS,
  examples: [
    "index train.txt",
    "index train.txt --against test.txt --manifest manifest.json",
  ],
  whenStopped: "what was looked into is kept, and the same command goes on",
  async run({ flags, positionals: [list], signal, output }) {
    const { workers, against, manifest } = flags;
    const options = { dataRoot: flags["data-root"], workers, signal, output };
    const indexed = await indexList(list, options);
    const records = report(indexed, output);
    const problems: string[] = [];
    if (indexed.entries.some((entry) => "error" in entry)) problems.push("files cannot be read");
    if (against !== undefined) {
      const others = recordsOf(await indexList(against, options));
      const shared = await sharedContent(records, others, signal);
      output.print(`${shared.length} of ${others.length} videos of ${against} are in ${list} too`);
      printSome(output, shared.map(({ first, second }) => `  ${second} is ${first}`));
      if (shared.length > 0) problems.push(`${against} shares files with it`);
    }
    if (manifest !== undefined) await writeManifest(manifest, records, { signal, output });
    if (problems.length > 0) throw new Error(`Cannot vouch for ${list}: ${problems.join(" and ")}`);
  },
});
