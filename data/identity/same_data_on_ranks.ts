import { type Communicator, gatherValues, valueOfFirst } from "@videoms/core";
import {
  commonFolder,
  type DataIdentity,
  dataRecord,
  isSameData,
  LIST_NAMES,
  nameIn,
} from "./data_identity.ts";

/** Every sample for people: `train 4: "a/b.avi", class 3, 1234 bytes`. */
function linesOf(data: DataIdentity): string[] {
  const samples = LIST_NAMES.flatMap((list) => {
    const samples = data[list] ?? [];
    const folder = commonFolder(samples);
    return samples.map(({ path, label, size, seconds, frames, set }, i) =>
      `${list} ${i + 1}: "${nameIn(folder, path)}", class ${label}, ` +
      (size === null ? "unreadable" : `${size} bytes`) +
      (seconds ? `, ${seconds.start} to ${seconds.end} s` : "") +
      (frames ? `, ${frames.count ?? "all"} frames from frame ${frames.start} on` : "") +
      (set === undefined ? "" : `, set ${set + 1}`)
    );
  });
  return [...samples, ...data.classes.map((name, i) => `class ${i}: ${name}`)];
}

/**
 * Checks that all ranks have the same videos, whatever folders these are in; all of them fail if one differs.
 *
 * @throws {Error} names the first difference, and the rank and host that has it
 */
export async function requireSameData(ranks: Communicator, data: DataIdentity): Promise<void> {
  if (ranks.size === 1) return;
  const [first, ...others] = await gatherValues(ranks, dataRecord(data));
  if (others.every((other) => isSameData(first, other))) return;
  const lines = linesOf(data);
  const expected = await valueOfFirst(ranks, lines);
  const count = Math.max(lines.length, expected.length);
  let at = 0;
  while (at < count && lines[at] === expected[at]) at++;
  const differences = await gatherValues(ranks, at < count ? lines[at] ?? "nothing more" : null);
  const places = await gatherValues(ranks, at);
  const rank = differences.findIndex((difference) => difference !== null);
  throw new Error(
    `Cannot run on ${ranks.size} ranks: all must have the same videos, got ${
      differences[rank]
    } on rank ${rank} on ` +
      `${ranks.hosts[rank]}, but ${expected[places[rank]] ?? "nothing more"} on rank 0 on ${
        ranks.hosts[0]
      }`,
  );
}
