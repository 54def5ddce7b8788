/**
 * Runs test files side by side, each in a process of its own: they share no device, no memory and no
 * environment. Only folders whose files take no notice of each other share one, since most of the time of small files
 * goes to starting it. What a process printed comes whole when it has ended. The last line counts all.
 *
 * ```sh
 * deno run … tools/run_tests.ts [options of deno test] [files, folders]    # default: everything
 * ```
 *
 * Types are checked once, beside the tests, unless there is `--no-check`. `DENO_JOBS` says how many
 * processes there are at a time.
 *
 * @module
 */

import { quickFfmpeg } from "./quick_ffmpeg.ts";
import { driverProgram } from "./software_driver.ts";
import { sourceFiles } from "./source_files.ts";
import { abortedAtEnd, summaryLine, type TestCounts, testCounts } from "./test_summary.ts";

/** Where the types of examples in documentation are checked too. */
const DOCUMENTED = ["core", "masking", "models", "data", "studio", "tasks", "mod.ts", "README.md"];

/** Folders of long tests; begun first, they do not hold up the end. */
const LONG = ["dawn", "guides", "tasks", "examples", "bench", "data", "core"];

/** Processes at a time: beyond these the memory of a machine counts more than its cores. */
const MOST_JOBS = 4;

/** Runs the files that the environment names. */
const ALL_TOGETHER = "tests/together.ts";

/** Folders whose files share a process and its modules: they change nothing that another file could meet. */
const TOGETHER = [
  ...["masking", "models", "conformance", "data/augment"],
  ...["definition", "output", "commands", "weights", "network", "runs", "evaluation"].map((door) =>
    `tasks/${door}`
  ),
];

/** Files whose tests run on a software driver that Dawn takes, where it is there. */
const ON_DRIVER = "tests/dawn/";

/**
 * Files whose tests are about what ffmpeg reads and writes, and run on the one that users have.
 */
const ON_USUAL_FFMPEG =
  /tests\/data\/(containers|decode|exact_frames|hostile_files|index|prepare|process|true_counts|verify_videos)_test/;

/**
 * Files whose tests compare bits of products of different sizes: where there is AVX-512, OpenBLAS computes those of up to a
 * million multiply-accumulates by other steps than larger ones.
 */
const ON_KERNELS_OF_ALL_SIZES = /tests\/tasks\/ranks_run_test/;

/** One process: a name for people, and Deno's arguments. */
interface Unit {
  readonly name: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What starts Deno, if not the system. */
  readonly starter?: string;
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile || Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** Test files at and below some paths, the long ones first. */
function testFiles(paths: readonly string[]): string[] {
  const files = paths.flatMap((path) => Deno.statSync(path).isFile ? [path] : sourceFiles(path));
  const tests = files.filter((file) => /_test\.ts$/.test(file) || paths.includes(file));
  const rank = (file: string): number => {
    const place = LONG.findIndex((folder) => file.includes(`tests/${folder}/`));
    return place < 0 ? LONG.length : place;
  };
  return tests.sort((a, b) => rank(a) - rank(b));
}

/** What a test file runs with: the files of its folder, or nothing but itself. */
function groupOf(file: string): string {
  const folder = TOGETHER.find((one) => file.startsWith(`tests/${one}/`));
  return folder === undefined ? file : `tests/${folder}`;
}

/** What the environment of a test file has beside that of all. */
function environmentOf(file: string): Record<string, string> {
  const quick = ON_USUAL_FFMPEG.test(file) || Deno.env.has("FFMPEG") ? null : quickFfmpeg();
  const isOne = ON_KERNELS_OF_ALL_SIZES.test(file) && Deno.build.arch === "x86_64";
  return { ...quick !== null && { FFMPEG: quick }, ...isOne && { OPENBLAS_CORETYPE: "Haswell" } };
}

/** The processes of a run of tests. */
function unitsOf(args: readonly string[]): Unit[] {
  const paths = args.filter((arg) => !arg.startsWith("-") && exists(arg));
  const options = args.filter((arg) => !paths.includes(arg));
  const test = ["test", "--no-check", ...options.filter((option) => option !== "--no-check")];
  const files = testFiles(paths.length > 0 ? paths : ["tests"]);
  const driver = driverProgram() ?? undefined;
  const groups = Map.groupBy(files, groupOf);
  const units: Unit[] = [...groups].map(([name, [file, ...more]]) =>
    more.length === 0
      ? {
        name: file,
        args: [...test, file],
        env: environmentOf(file),
        starter: file.includes(ON_DRIVER) ? driver : undefined,
      }
      : {
        name,
        args: [...test, ALL_TOGETHER],
        env: { ...environmentOf(file), VIDEOMS_TEST_FILES: [file, ...more].join() },
      }
  );
  if (options.includes("--no-check")) return units;
  const checked = paths.length > 0 ? paths : ["tests", ...DOCUMENTED];
  return [{ name: "types", args: ["check", "--doc", ...checked] }, ...units];
}

/** Files that are named at the end, as those that took longest. */
const MOST_SLOW = 20;

/** The counts of a process, and what it took. */
interface TimedCounts extends TestCounts {
  readonly name: string;
  readonly seconds: number;
}

/** The files that took longest, a line each; beside others, so that their sum is more than the run took. */
function slowestFiles(results: readonly TimedCounts[]): string {
  const slowest = results.toSorted((a, b) => b.seconds - a.seconds).slice(0, MOST_SLOW);
  return slowest.map(({ name, seconds }) =>
    `${Math.round(seconds).toString().padStart(5)} s  ${name}`
  )
    .join("\n");
}

/** Times that a file is run, at most, whose process aborts as it ends. */
const MOST_RUNS = 3;

/** Runs a process and prints what it printed. */
async function runUnit(unit: Unit, run = 1): Promise<TestCounts> {
  const { name, args, starter, env } = unit;
  const [program, ...rest] = [...(starter ? [starter] : []), Deno.execPath(), ...args];
  const { code, signal, stdout, stderr } = await new Deno.Command(program, {
    args: rest,
    stdin: "null",
    env: { ...env, NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  const output = text.decode(stderr) + text.decode(stdout);
  if (run < MOST_RUNS && abortedAtEnd(output, signal)) {
    console.log(`${output.trim()}\n\n${name}: the process aborted as it ended; once more\n`);
    return await runUnit(unit, run + 1);
  }
  const counts = testCounts(output, code);
  if (args[0] === "test" || counts.failed > 0) console.log(`${output.trim()}\n`);
  if (counts.failed > 0) console.log(`FAILED: ${name} (exit code ${code})\n`);
  return counts;
}

/** Runs processes, so many at a time. */
async function runUnits(units: readonly Unit[], jobs: number): Promise<TimedCounts[]> {
  const results: TimedCounts[] = [];
  const waiting = [...units];
  const work = async () => {
    for (let unit = waiting.shift(); unit; unit = waiting.shift()) {
      const start = performance.now();
      const counts = await runUnit(unit);
      results.push({ ...counts, name: unit.name, seconds: (performance.now() - start) / 1000 });
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return results;
}

if (import.meta.main) {
  const start = performance.now();
  const given = Number(Deno.env.get("DENO_JOBS"));
  // One more than cores, as tests wait for the processes that they start.
  const jobs = given >= 1 ? given : Math.min(navigator.hardwareConcurrency + 1, MOST_JOBS);
  const results = await runUnits(unitsOf(Deno.args), jobs);
  if (results.length > MOST_SLOW) console.log(`slowest files:\n${slowestFiles(results)}\n`);
  console.log(summaryLine(results, (performance.now() - start) / 1000));
  if (results.some(({ failed }) => failed > 0)) Deno.exit(1);
}
