import {
  type Communicator,
  currentLaunch,
  localRanks,
  RankMembership,
  requireSameOnRanks,
} from "@videoms/core";
import { codeHash, environment } from "@videoms/data/files";
import type { CommandInput, FlagSpecs, Output } from "@videoms/data/console";
import { currentVersions } from "../../runs/folder/versions.ts";

/** Milliseconds of a text in seconds; undefined where there is none. */
function secondsOf(text: string | undefined): number | undefined {
  if (!text) return undefined;
  const seconds = Number(text);
  if (seconds > 0) return 1000 * seconds;
  throw new RangeError(`Cannot run: VIDEOMS_RANK_SECONDS must be above 0, got "${text}"`);
}

/** This process among the ranks, until they are done. */
export const membership = new RankMembership();

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

/**
 * Does work as one of the ranks that `mpirun` or `srun` started, of which rank 0 alone prints; as the only one where
 * neither did.
 *
 * @throws {Error} if the ranks cannot join, or run different programs
 */
export async function onRanks(
  { output, signal }: Pick<CommandInput<FlagSpecs>, "output" | "signal">,
  work: (ranks: Communicator, output: Output) => Promise<void>,
): Promise<void> {
  if (!currentLaunch()) return await work(localRanks(1)[0], output);
  const limitMs = secondsOf(environment("VIDEOMS_RANK_SECONDS"));
  const ranks = await membership.join({ limitMs, signal });
  const { rank, size, description } = ranks;
  if (rank === 0) output.printError(`${size} ranks: ${description}`);
  const program = { versions: currentVersions(), code: await codeHash() };
  await requireSameOnRanks(ranks, Object.entries(program));
  await work(ranks, outputOfRank(output, rank));
  await membership.leave();
}

/**
 * Lets a command that does not share its work go on where no launcher started several processes for it.
 *
 * @throws {Error} else; they would all do the same, in the same folders
 */
export function refuseRanks(): void {
  const launch = currentLaunch();
  if (!launch) return;
  membership.decline();
  const { launcher, size } = launch;
  throw new Error(
    `Cannot run on ${size} ranks: this command must be started once, got ${size} processes of ${launcher}; start it ` +
      "without mpirun or srun. Cells of an ablation are shared out by --shard",
  );
}
