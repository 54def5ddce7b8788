import { join } from "node:path";
import type { Plugin, PluginOptions } from "@videoms/core";
import {
  type ConformanceCheck,
  descriptorChecks,
  type PluginCheckOptions,
  productOf,
  requireThat,
} from "@videoms/core/testing";
import type { LoggedRow, LoggedRun, Logger, RunEnd, RunLogger } from "../loggers/logger.ts";
import { openLogger } from "../loggers/open_logger.ts";

/** A number that a logger kept, as a reader of what it writes finds it. */
export type KeptScalar = readonly [tag: string, step: number, value: number];

/** How loggers are checked. */
export interface LoggerCheckOptions<Options extends PluginOptions>
  extends Omit<PluginCheckOptions<Options>, "options"> {
  /** Options for a folder that it may write to beside the run folder. @default the plugin's defaults */
  options?: (folder: string) => Partial<Options>;
  /**
   * Reads what it has kept of a run, by what is not the logger's own code. With it the numbers are checked too.
   *
   * @param folder the folder that `options` was given
   */
  read?: (run: LoggedRun, folder: string) => Promise<readonly KeptScalar[]>;
}

const TAGS = ["step/loss", "step/learningRate", "validation/linear rate=0.1 decay=0/top1"];

function rowAt(step: number, tags: readonly string[], attempt: number): LoggedRow {
  const scalars = tags.map((tag, i) => {
    const [event, ...rest] = tag.split("/");
    const split = event === "step" ? "train" : "held-out";
    return { tag, name: rest.at(-1)!, value: step + i / 8 + 100 * attempt, unit: "", split };
  });
  return { step, time: 1.7e12 + 1000 * step, scalars };
}

const [LOSS, , TOP] = TAGS;

/** Rows of a process from one step to another; the validation of every second step is a row of its own. */
function rowsOf(from: number, to: number, attempt: number): LoggedRow[] {
  return Array.from({ length: to - from }, (_, i) => from + i).flatMap((step) => [
    rowAt(step, step === 0 ? [LOSS] : TAGS.slice(0, 2), attempt),
    ...step % 2 === 0 ? [rowAt(step, [TOP], attempt)] : [],
  ]);
}

function keptOf(rows: readonly LoggedRow[]): KeptScalar[] {
  return rows.flatMap(({ step, scalars }) =>
    scalars.map(({ tag, value }) => [tag, step, value] as const)
  );
}

/** A run in a folder of its own, and what is reported of it. */
function runIn(folder: string): { run: LoggedRun; failures: string[] } {
  const failures: string[] = [];
  const run: LoggedRun = {
    id: "0123456789abcdef0123456789abcdef",
    name: "checked/run",
    kind: "pretrain",
    folder: join(folder, "run"),
    created: 1.7e12,
    step: 0,
    earlier: [],
    task: { name: "checked/run", model: { width: 12, size: null }, note: "größe\n2" },
    facts: { device: "none", versions: { videoms: "0" } },
    onFailure: (place, error) => failures.push(`${place}: ${(error as Error).message}`),
  };
  return { run, failures };
}

/** Logs rows as one process does, which does not tell the end where it is killed. */
async function log(
  logger: Logger,
  run: LoggedRun,
  rows: readonly LoggedRow[],
  how: RunEnd | "killed",
): Promise<RunLogger> {
  const opened = await logger.open(run);
  rows.forEach((row) => opened.write(row));
  if (how !== "killed") opened.end(how);
  return opened;
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "videoms-logger-" });
  try {
    await Deno.mkdir(join(folder, "run"));
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const sorted = (kept: readonly KeptScalar[]) => kept.map((one) => JSON.stringify(one)).sort();

/** Three processes of a run: one that was stopped after more than its checkpoint, one that was killed, one that ended. */
async function checkResumes(
  logger: Logger,
  folder: string,
  read: LoggerCheckOptions<PluginOptions>["read"],
): Promise<void> {
  const { run, failures } = runIn(folder);
  const [first, second, third] = [rowsOf(0, 6, 0), rowsOf(4, 9, 1), rowsOf(6, 12, 2)];
  await log(logger, run, first, "stopped");
  const whole = first.filter(({ step }) => step <= 3);
  const killed = await log(logger, { ...run, step: 3, earlier: whole }, second, "killed");
  const again = [...whole, ...second.filter(({ step }) => step <= 5)];
  await log(logger, { ...run, step: 5, earlier: again }, third, "finished");
  requireThat(failures.length === 0, "nothing must fail", failures);
  const kept = read ? sorted(await read(run, folder)) : null;
  killed.end("failed"); // what it holds open, a system would close
  if (!kept) return;
  const wanted = sorted(keptOf([...again, ...third]));
  const [lacking, other] = [
    wanted.filter((one) => !kept.includes(one)),
    kept.filter((one) => !wanted.includes(one)),
  ];
  requireThat(lacking.length === 0, "every number must be kept after a resume", lacking);
  requireThat(other.length === 0, "of steps that come again only the last must be kept", other);
  requireThat(kept.length === wanted.length, "no number must be kept twice", kept);
}

/** A logger whose folders are files. */
async function checkFailures(logger: Logger, folder: string): Promise<void> {
  const { run, failures } = runIn(folder);
  await Deno.remove(join(folder, "run"), { recursive: true });
  await Deno.writeTextFile(join(folder, "run"), "");
  const started = performance.now();
  const opened = await openLogger(logger, run);
  rowsOf(0, 4, 0).forEach((row) => opened.write(row));
  opened.picture?.({ step: 3, time: 0, path: join(folder, "no such picture.png") });
  opened.end("failed");
  requireThat(performance.now() - started < 1e4, "a logger must not wait for what it cannot write");
  requireThat(failures.every((one) => !one.includes("\n")), "failures must be one line", failures);
}

/**
 * Checks that any logger must pass: it goes on where a process of the run was stopped or killed, with every number once; it
 * says what it cannot write; and it has a plain JSON descriptor.
 *
 * @example In a test file of a module that exports `myLogger`
 * ```ts
 * import { loggerChecks } from "@videoms/data/testing";
 * import { mlflow as myLogger } from "@videoms/data";
 *
 * const options = (folder: string) => ({ dir: `${folder}/mlruns` });
 * for (const { name, run } of loggerChecks(myLogger, { options, impossible: [{ experiment: "" }] })) {
 *   Deno.test({ name, fn: run });
 * }
 * ```
 */
export function loggerChecks<Options extends PluginOptions>(
  plugin: Plugin<"logger", Options, Logger>,
  { options = () => ({}), read, ...settings }: LoggerCheckOptions<Options> = {},
): ConformanceCheck[] {
  const title = `logger "${plugin.name}"`;
  const check = (work: (logger: Logger, folder: string) => Promise<void>) => () =>
    inFolder((folder) =>
      work(productOf<Logger>(plugin, { ...settings, options: options(folder) }), folder)
    );
  return [
    ...descriptorChecks(plugin, { ...settings, options: options("folder") }),
    {
      name: `${title} goes on after a stop and a kill, with every number once`,
      run: check((logger, folder) => checkResumes(logger, folder, read)),
    },
    { name: `${title} survives that it cannot write`, run: check(checkFailures) },
  ];
}
