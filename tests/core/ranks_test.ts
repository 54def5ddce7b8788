import { launchOf, localRanks, requireSameOnRanks, sumOverRanks } from "@videoms/core";
import assert from "node:assert/strict";
import { countRanks, LAUNCHERS, onRanks } from "../mpi.ts";
import { valuesOf } from "./ranks_program.ts";

const PROGRAM = new URL("ranks_program.ts", import.meta.url).pathname;
const PERMISSIONS = ["--allow-read", "--allow-env", "--allow-ffi"];

function launchIn(env: Record<string, string>) {
  return launchOf((name) => env[name]);
}

Deno.test("ranks: each launcher's variables number the processes; a process alone has none", () => {
  assert.equal(launchIn({}), null);
  assert.equal(launchIn({ PMI_RANK: "0", PMI_SIZE: "1" }), null);
  assert.equal(launchIn({ SLURM_PROCID: "0", SLURM_NTASKS: "4" }), null, "a batch script");
  assert.deepEqual(launchIn({ PMI_RANK: "2", PMI_SIZE: "4", MPI_LOCALRANKID: "1" }), {
    launcher: "MPICH",
    rank: 2,
    size: 4,
    isFirstOnHost: false,
  });
  const nested = { OMPI_COMM_WORLD_RANK: "1", OMPI_COMM_WORLD_SIZE: "2", SLURM_PROCID: "0" };
  assert.equal(launchIn({ ...nested, SLURM_STEP_NUM_TASKS: "2" })?.launcher, "Open MPI");
  const step = launchIn({ SLURM_PROCID: "3", SLURM_STEP_NUM_TASKS: "8" });
  assert.deepEqual(step, { launcher: "SLURM", rank: 3, size: 8, isFirstOnHost: true });
});

Deno.test("ranks: what must be the same on all is named by its part, with the values that differ", async () => {
  const refused = async (own: (rank: number) => unknown, message: RegExp) => {
    const ended = await Promise.allSettled(
      localRanks(3).map((ranks) => requireSameOnRanks(ranks, [["task", own(ranks.rank)]])),
    );
    for (const one of ended) assert.match(String((one as PromiseRejectedResult).reason), message);
  };
  const task = { seed: 1, data: { dirs: ["a", "b"] } };
  await refused(
    (rank) => rank < 2 ? task : { ...task, data: { dirs: ["a", "c"] } },
    /the same task\.data\.dirs\.1, got "c" on rank 2 on localhost, but "b" on rank 0 on localhost/,
  );
  await refused(
    (rank) => rank === 0 ? task : { ...task, more: 1 },
    /the same task\.more, got 1 on rank 1 on localhost, rank 2 on localhost, but none on rank 0/,
  );
  await refused(
    (rank) => Uint8Array.of(rank),
    /the same task, got another one on rank 1 on .*, but its own on rank 0/,
  );
  await Promise.all(localRanks(2).map((ranks) => requireSameOnRanks(ranks, [["task", task]])));
});

/** The hash of the sum of all ranks' values in the order of the ranks. */
async function hashOfSum(size: number): Promise<string> {
  const sum = new Float32Array(valuesOf(0));
  for (let rank = 1; rank < size; rank++) valuesOf(rank).forEach((value, i) => sum[i] += value);
  return String(new Uint8Array(await crypto.subtle.digest("SHA-256", sum)));
}

Deno.test("ranks: sums are added in the order of the ranks, and everyone gets every rank's bytes", async () => {
  for (const size of [1, 2, 3, 5]) {
    const hashes = await Promise.all(
      localRanks(size).map(async (ranks) => {
        const values = valuesOf(ranks.rank);
        await sumOverRanks(ranks, values);
        const gathered = await ranks.gather(new Uint8Array(ranks.rank).fill(ranks.rank));
        assert.deepEqual(gathered.map(({ length }) => length), [...Array(size).keys()]);
        assert.deepEqual([...await ranks.broadcast(Uint8Array.of(ranks.rank + 7))], [7]);
        return String(
          new Uint8Array(await crypto.subtle.digest("SHA-256", new Float32Array(values))),
        );
      }),
    );
    assert.deepEqual(hashes, Array(size).fill(await hashOfSum(size)));
  }
});

for (const [i, launcher] of LAUNCHERS.entries()) {
  const { name, ignore } = launcher;
  const mode = ["hang", "stop"][i];

  Deno.test(
    { name: `ranks: ${name} gives the bits of the sum within one process`, ignore },
    async () => {
      const { code, stdout, stderr } = await onRanks(launcher, 3, [...PERMISSIONS, PROGRAM]);
      assert.equal(code, 0, stderr);
      const { hashes, description, ...told } = JSON.parse(stdout);
      assert.deepEqual(told, { size: 3, hosts: 3, text: "of rank 0" });
      assert.match(description, new RegExp(`^${name} [\\d.]+ \\(.*\\), thread level `));
      assert.deepEqual(hashes, Array(3).fill(await hashOfSum(3)));
    },
  );

  Deno.test(
    {
      name: `ranks: a rank under ${name} that does not go on (${mode}) is named, and none is left`,
      ignore,
    },
    async () => {
      const RANK_FILES = await Deno.makeTempDir();
      const args = [...PERMISSIONS, "--allow-write", "--allow-run", PROGRAM, mode];
      const { code, stderr } = await onRanks(launcher, 2, args, { RANK_FILES });
      assert.equal(code, 1, stderr);
      assert.match(
        stderr,
        /all must answer rank 0 on .* within 3 s, got nothing from rank 1 on /,
      );
      assert.deepEqual(await countRanks(RANK_FILES), { started: 2, left: 0 });
      await Deno.remove(RANK_FILES, { recursive: true });
    },
  );
}

Deno.test({
  name: "ranks: a library of another MPI than the launcher's is refused, and so is a missing one",
  ignore: LAUNCHERS.some(({ ignore }) => ignore),
}, async () => {
  const start = (VIDEOMS_MPI: string) =>
    onRanks(LAUNCHERS[0], 2, [...PERMISSIONS, PROGRAM], { VIDEOMS_MPI });
  const other = await start("libmpi.so.40");
  assert.equal(other.code, 1, other.stderr);
  assert.match(other.stderr, /launcher and library must be of one MPI, got MPICH with Open MPI/);
  assert.match(other.stderr, /sees 1 of the 2 processes/);
  const missing = await start("/nowhere/libmpi.so");
  assert.match(missing.stderr, /the library of MPICH must be installed, got: \/nowhere\/libmpi.so/);
});
