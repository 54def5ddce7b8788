import { findProgram } from "@videoms/data/files";

/**
 * Launchers of the machine, with what each takes to start more ranks than there are cores, also for the superuser, and
 * the code that each ends with when a rank gets SIGKILL. A code that ranks end with, both pass on.
 */
export const LAUNCHERS = [
  { name: "MPICH", program: "mpirun.mpich", options: [], killed: 9 },
  {
    name: "Open MPI",
    program: "mpirun.openmpi",
    options: ["--allow-run-as-root", "--oversubscribe"],
    killed: 128 + 9,
  },
].map((launcher) => ({ ...launcher, ignore: findProgram(launcher.program) === null }));

/** What a launcher's ranks wrote, and the code that they ended with. */
export interface Launched {
  code: number;
  stdout: string;
  stderr: string;
}

/** Looks at ranks that are to end, 30 s in all. */
const LOOKS = 600;

/** Runs a module on ranks of a launcher. */
export async function onRanks(
  { program, options }: Pick<(typeof LAUNCHERS)[number], "program" | "options">,
  ranks: number,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Launched> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...options, "-n", String(ranks), Deno.execPath(), "run", "--no-check", ...args],
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** Locks a file of this rank in the folder RANK_FILES, which ends with the process however that ends. */
export async function lockRankFile(): Promise<Deno.FsFile> {
  const path = `${Deno.env.get("RANK_FILES")}/${Deno.pid}`;
  const file = await Deno.open(path, { create: true, write: true });
  await file.lock(true);
  return file;
}

/** How many ranks locked a file in a folder, and how many of them are left; a launcher ends just before its ranks. */
export async function countRanks(files: string): Promise<{ started: number; left: number }> {
  const names = [...Deno.readDirSync(files)].map(({ name }) => name);
  let left = names.length;
  for (let look = 0; left > 0 && look < LOOKS; look++) {
    if (look > 0) await new Promise((resolve) => setTimeout(resolve, 50));
    left = 0;
    for (const name of names) {
      using file = await Deno.open(`${files}/${name}`, { write: true });
      if (!await file.tryLock(true)) left++;
    }
  }
  return { started: names.length, left };
}
