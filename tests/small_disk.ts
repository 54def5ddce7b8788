/** Runs a program of the system by way of a process that may, since tests may only start Deno. */
function system(program: string, ...args: string[]): boolean {
  const code = `Deno.exit((await new Deno.Command(${JSON.stringify(program)}, {
    args: ${JSON.stringify(args)}, stdout: "null", stderr: "null",
  }).output()).code)`;
  return new Deno.Command(Deno.execPath(), { args: ["eval", code], stderr: "null" }).outputSync()
    .success;
}

const folder = await Deno.makeTempDir({ prefix: "videoms-small-disk-" });
const isMounted = system("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder);
addEventListener("unload", () => {
  if (isMounted) system("umount", folder);
  Deno.removeSync(folder);
});

/** Folder of a disk of 8 MiB, one for each test file; null where the system does not let us have one. */
export const SMALL_DISK: string | null = isMounted ? folder : null;

/** Makes the disk one that cannot be written to, for the rest of the test file; whether that came about. */
export function makeReadOnly(): boolean {
  return isMounted && system("mount", "-o", "remount,ro", folder);
}

/** Fills the disk of a file but for some bytes; deleting the file makes room again. */
export async function fillDisk(file: string, leave: number): Promise<void> {
  const block = new Uint8Array(4096);
  using filler = await Deno.open(file, { write: true, create: true });
  try {
    for (;;) await filler.write(block);
  } catch (error) {
    if (!/No space left/.test((error as Error).message)) throw error;
  }
  const { size } = await filler.stat();
  await filler.truncate(Math.max(0, size - leave));
}
