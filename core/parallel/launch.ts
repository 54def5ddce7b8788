/** How a process was started as one of several. */
export interface Launch {
  /** The launcher, which must belong to the library: each has its own way to tell processes of each other. */
  readonly launcher: "Open MPI" | "MPICH" | "SLURM";
  /** Number of this process, from 0. */
  readonly rank: number;
  /** Number of processes. */
  readonly size: number;
  /** Whether it is the first on its host, as far as the launcher tells. */
  readonly isFirstOnHost: boolean;
}

/** Variables by which launchers number processes; those of MPICH are also set by Intel MPI, Cray and SLURM's PMI 2. */
const VARIABLES = [
  ["Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK"],
  ["MPICH", "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID"],
  // Of a step, not of an allocation: a batch script is one process, whatever was allocated.
  ["SLURM", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID"],
] as const;

/**
 * How an MPI launcher or `srun` started this process, by its environment; null for a process alone. No library is
 * opened for it.
 *
 * @param env reads a variable of the environment
 */
export function launchOf(env: (name: string) => string | undefined): Launch | null {
  for (const [launcher, rankName, sizeName, placeName] of VARIABLES) {
    const [rank, size] = [Number(env(rankName)), Number(env(sizeName))];
    if (Number.isInteger(rank) && size > 1) {
      return { launcher, rank, size, isFirstOnHost: Number(env(placeName) ?? 0) === 0 };
    }
  }
  return null;
}
