/** A rank that the tests of ranks start: it prints what it has got, or rank 1 hangs or is stopped. */
import { meetRanks, openRanks, sumOverRanks } from "@videoms/core";
import { lockRankFile } from "../mpi.ts";

/** Values of a rank whose sum in float32 depends on the order. */
export function valuesOf(rank: number): Float32Array<SharedArrayBuffer> {
  const values = new Float32Array(new SharedArrayBuffer(4 * 100_003));
  for (let i = 0; i < values.length; i++) values[i] = Math.sin(i * (rank + 1)) * 10 ** (rank * 3);
  return values;
}

async function exchange(): Promise<void> {
  await using ranks = await openRanks();
  const { rank, size, hosts, description } = ranks;
  const values = valuesOf(rank);
  await sumOverRanks(ranks, values);
  await sumOverRanks(ranks, valuesOf(rank).subarray(0, 2)); // fewer values than ranks
  const hash = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new Uint8Array(values.buffer).slice()),
  );
  const hashes = await ranks.gather(hash);
  const text = await ranks.broadcast(new TextEncoder().encode(`of rank ${rank}`));
  const told = { size, hosts: hosts.length, description, text: new TextDecoder().decode(text) };
  if (rank === size - 1) console.log(JSON.stringify({ ...told, hashes: hashes.map(String) }));
}

/** Rank 1 answers no more: its main thread waits, so that sums fail, or all of it is stopped, so that anything does. */
async function hang(isStopped: boolean): Promise<void> {
  using _lock = await lockRankFile();
  const ranks = await openRanks({ limitMs: 3000 });
  await meetRanks(ranks);
  if (ranks.rank === 1) {
    if (isStopped) Deno.kill(Deno.pid, "SIGSTOP");
    else await new Promise((resolve) => setTimeout(resolve, 600_000));
  }
  await (isStopped ? meetRanks(ranks) : sumOverRanks(ranks, valuesOf(0))).catch(
    async ({ message }) => {
      console.error(message);
      await new Promise((resolve) => setTimeout(resolve, 300)); // or a launcher may drop what it has not passed on
      await ranks.abort();
    },
  );
}

if (import.meta.main) {
  try {
    const [mode] = Deno.args;
    await (mode ? hang(mode === "stop") : exchange());
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(1);
  }
}
