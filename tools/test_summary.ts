/** What test runs came to. */
export interface TestCounts {
  passed: number;
  failed: number;
  ignored: number;
}

const SUMMARY = /^(?:ok|FAILED) \| (\d+) passed[^|]*\| (\d+) failed(?:[^|\n]*\| (\d+) ignored)?/gm;

/**
 * The counts of `deno test`, by the summary at the end of what it printed. A run that failed without a
 * failed test (a module that does not load, a process that was killed) counts as one.
 *
 * @param output what the run printed, without colours
 * @param code its exit code
 */
export function testCounts(output: string, code: number): TestCounts {
  const [, ...counts] = [...output.matchAll(SUMMARY)].at(-1) ?? [];
  const [passed, failed, ignored] = [0, 1, 2].map((place) => Number(counts[place] ?? 0));
  return { passed, failed: code === 0 ? failed : Math.max(1, failed), ignored };
}

/** How processes end that have damaged their memory. */
const CRASHES: readonly (Deno.Signal | null)[] = ["SIGABRT", "SIGSEGV"];

/**
 * Whether a run of `deno test` crashed as its process ended, after all of its tests had passed. Mesa's software
 * driver does that now and then, on a busy machine in 1 of 18 processes (with its shader cache off too).
 */
export function abortedAtEnd(output: string, signal: Deno.Signal | null): boolean {
  if (!CRASHES.includes(signal)) return false;
  const { passed, failed } = testCounts(output, 0);
  return passed > 0 && failed === 0;
}

/** The summary of all runs, as `deno test` writes its own. */
export function summaryLine(runs: readonly TestCounts[], seconds: number): string {
  const sum = (name: keyof TestCounts) => runs.reduce((total, run) => total + run[name], 0);
  const failed = sum("failed");
  const ignored = sum("ignored");
  const time = `${Math.floor(seconds / 60)}m${Math.round(seconds % 60)}s`;
  return `${failed ? "FAILED" : "ok"} | ${sum("passed")} passed | ${failed} failed` +
    `${ignored ? ` | ${ignored} ignored` : ""} (${time})`;
}
