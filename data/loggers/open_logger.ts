import type { LoggedRun, Logger, RunLogger } from "./logger.ts";

/**
 * Opens a logger so that nothing that it throws, now or later, gets to the run: it is reported under the logger's name.
 * One that cannot be opened is told nothing more.
 */
export async function openLogger(logger: Logger, run: LoggedRun): Promise<RunLogger> {
  const report = (error: unknown) => run.onFailure(`the logger "${logger.name}"`, error);
  const attempt = (work: () => void) => {
    try {
      work();
    } catch (error) {
      report(error);
    }
  };
  let opened: RunLogger | null = null;
  try {
    opened = await logger.open(run);
  } catch (error) {
    report(error);
  }
  return {
    write: (row) => attempt(() => opened?.write(row)),
    picture: (picture) => attempt(() => opened?.picture?.(picture)),
    end: (how) => attempt(() => opened?.end(how)),
  };
}
