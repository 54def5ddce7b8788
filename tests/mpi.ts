import { findProgram } from "@videoms/data/files";

/** Launchers of the machine, with what each takes to start more ranks than there are cores, also for the superuser. */
export const LAUNCHERS = [
  { name: "MPICH", program: "mpirun.mpich", options: [] },
  {
    name: "Open MPI",
    program: "mpirun.openmpi",
    options: ["--allow-run-as-root", "--oversubscribe"],
  },
].map((launcher) => ({ ...launcher, ignore: findProgram(launcher.program) === null }));

/** What a launcher's ranks wrote, and the code that they ended with. */
export interface Launched {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a module, or `deno` with other arguments, on ranks of a launcher. */
export async function onRanks(
  { program, options }: Pick<(typeof LAUNCHERS)[number], "program" | "options">,
  ranks: number,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Launched> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...options, "-n", String(ranks), Deno.execPath(), "run", "--no-check", ...args],
    env: { NO_COLOR: "1", ...env },
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}
