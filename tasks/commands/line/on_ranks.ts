import {
  type Communicator,
  currentLaunch,
  type Launch,
  localRanks,
  openRanks,
  type RanksOptions,
  requireSameOnRanks,
} from "@videoms/core";
import { codeHash, environment } from "@videoms/data/files";
import type { Output } from "../../output/output.ts";
import type { CommandInput, FlagSpecs } from "./command.ts";
import { currentVersions } from "../../runs/folder/versions.ts";
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

/** Whether this process has tried to join the others, or need not. */
let hasTried = false;

/** Whether another rank of this host tells of the same error: all fail alike that cannot join the others. */
let isTold = false;

/** Joins the ranks; rejects where this process cannot, or is told to stop before all are there. */
async function join(options?: RanksOptions): Promise<Communicator> {
  hasTried = true;
  return current = await openRanks(options);
}

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

/** Lets rank 0 speak first, then names the rank; what stops all alike, rank 0 alone tells once it has saved what it knows. */
async function letFirstSpeak(error: unknown, { rank, isFirstOnHost }: Launch): Promise<void> {
  isTold ||= !current && !isFirstOnHost; // for want of a library, say
  if (rank === 0) return;
  await pause(error instanceof NonFiniteError ? 100 * FIRST_WORD : FIRST_WORD);
  if (!(error instanceof Error)) return;
  error.message = `rank ${rank} on ${current?.hosts[rank] ?? "its host"}: ${error.message}`;
}

/**
 * Whether this rank is to tell of an error. One that has failed before it joined the others does so first, since they wait
 * for it where nobody can tell them.
 */
export async function mayTell(error: unknown): Promise<boolean> {
  const launch = currentLaunch();
  if (!launch || launch.rank === 0) return true;
  if (!hasTried) {
    await join().catch(() => {}); // without its library, neither have the others
    await letFirstSpeak(error, launch);
  }
  return !isTold;
}

/**
 * Does work as one of the ranks that `mpirun` or `srun` started, of which rank 0 alone prints; as the only one where
 * neither did.
 *
 * @throws what the work throws, naming rank and host unless it is rank 0
 */
export async function onRanks(
  { output, signal }: Pick<CommandInput<FlagSpecs>, "output" | "signal">,
  work: (ranks: Communicator, output: Output) => Promise<void>,
): Promise<void> {
  const launch = currentLaunch();
  if (!launch) return await work(localRanks(1)[0], output);
  try {
    const limitMs = secondsOf(environment("VIDEOMS_RANK_SECONDS"));
    const ranks = await join({ limitMs, signal });
    const { rank, size, description } = ranks;
    if (rank === 0) output.printError(`${size} ranks: ${description}`);
    const program = { versions: currentVersions(), code: await codeHash() };
    await requireSameOnRanks(ranks, Object.entries(program));
    await work(ranks, outputOfRank(output, rank));
    await ranks[Symbol.asyncDispose]();
    current = null;
  } catch (error) {
    if (hasTried) await letFirstSpeak(error, launch);
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
  hasTried = true;
  const { launcher, size } = launch;
  const error = new Error(
    `Cannot run on ${size} ranks: this command must be started once, got ${size} processes of ${launcher}; start it ` +
      "without mpirun or srun. Cells of an ablation are shared out by --shard",
  );
  isTold = launch.rank > 0;
  await letFirstSpeak(error, launch);
  throw error;
}

/** Ends all ranks where this one failed with an exit code; the others would wait for it, also for it to join them. */
export async function endRanks(code: number): Promise<void> {
  if (code !== 0 && currentLaunch() && !hasTried) await join().catch(() => {});
  if (!current) return;
  await pause(PASSED_ON);
  // A launcher that has lost its hosts does not answer; this process ends all the same.
  await Promise.race([current.abort(code), pause(FIRST_WORD)]);
}
