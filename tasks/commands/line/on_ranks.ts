import { type Communicator, currentLaunch, localRanks, openRanks } from "@videoms/core";
import { environment } from "@videoms/data/files";
import type { Output } from "../../output/output.ts";
import { NonFiniteError } from "../../runs/training/step_watch.ts";

/** Milliseconds by which rank 0 is first to tell of an error that all ranks meet, and ends them. */
const FIRST_WORD = 3000;

/** Milliseconds in which a launcher passes on what a rank has printed; it may drop that once it ends all. */
const PASSED_ON = 300;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Milliseconds of a text in seconds; undefined where there is none. */
function secondsOf(text: string | undefined): number | undefined {
  if (!text) return undefined;
  const seconds = Number(text);
  if (seconds > 0) return 1000 * seconds;
  throw new RangeError(`Cannot run: VIDEOMS_RANK_SECONDS must be above 0, got "${text}"`);
}

/** The ranks that this process belongs to, until they are done. */
let current: Communicator | null = null;

/** The output of a rank: one speaks for all. */
export function outputOfRank(output: Output, rank: number = currentLaunch()?.rank ?? 0): Output {
  if (rank === 0) return output;
  const nothing = () => {};
  return {
    print: nothing,
    printError: nothing,
    status: { ...output.status, isTerminal: false, write: nothing },
    reportFailure: nothing,
    failures: () => [],
  };
}

/** Lets rank 0 speak first; what stops all ranks alike, it alone tells once it has saved what it knows. */
async function letFirstSpeak(error: unknown, rank: number): Promise<void> {
  if (rank === 0) return;
  const ms = error instanceof NonFiniteError ? 100 * FIRST_WORD : FIRST_WORD;
  await pause(ms);
}

/**
 * Does work as one of the ranks that `mpirun` or `srun` started, of which rank 0 alone prints; as the only one where
 * neither did.
 *
 * @throws what the work throws, naming rank and host unless it is rank 0
 */
export async function onRanks(
  output: Output,
  work: (ranks: Communicator, output: Output) => Promise<void>,
): Promise<void> {
  const launch = currentLaunch();
  if (!launch) return await work(localRanks(1)[0], output);
  try {
    current = await openRanks({ limitMs: secondsOf(environment("VIDEOMS_RANK_SECONDS")) });
    const { rank, size, description } = current;
    if (rank === 0) output.printError(`${size} ranks: ${description}`);
    await work(current, outputOfRank(output, rank));
    await current[Symbol.asyncDispose]();
    current = null;
  } catch (error) {
    await letFirstSpeak(error, launch.rank);
    if (launch.rank > 0 && error instanceof Error) {
      error.message = `rank ${launch.rank} on ${
        current?.hosts[launch.rank] ?? "its host"
      }: ${error.message}`;
    }
    throw error;
  }
}

/**
 * Lets a command that does not share its work go on where no launcher started several processes for it.
 *
 * @throws {Error} else; they would all do the same, in the same folders
 */
export async function refuseRanks(): Promise<void> {
  const launch = currentLaunch();
  if (!launch) return;
  const { launcher, rank, size } = launch;
  const error = new Error(
    `Cannot run on ${size} ranks: this command must be started once, got ${size} processes of ${launcher}; start it ` +
      "without mpirun or srun. Cells of an ablation are shared out by --shard",
  );
  await letFirstSpeak(error, rank);
  throw error;
}

/** Ends all ranks where this one failed with an exit code; the others would wait for it. */
export async function endRanks(code: number): Promise<void> {
  if (!current) return;
  await pause(PASSED_ON);
  // A launcher that has lost its hosts does not answer; this process ends all the same.
  await Promise.race([current.abort(code), pause(FIRST_WORD)]);
}
