/**
 * Reads every file of a folder as weights and prints what came of each, as JSON. The hostile files'
 * test runs it with no permission but that to read the folder.
 *
 * @module
 */

import process from "node:process";
import { readWeightFile } from "../../core/checkpoint/read_weight_file.ts";
import { openFileBytes } from "../../data/files/file_bytes.ts";

/** What came of a file. */
export interface Outcome {
  readonly name: string;
  /** Processor time to read it, in milliseconds: other programs' work does not count. */
  readonly time: number;
  /** Memory of the process afterwards, in bytes. */
  readonly memory: number;
  /** The error, if there was one. */
  readonly error?: { readonly name: string; readonly message: string };
}

async function readAll(path: string): Promise<void> {
  using source = await openFileBytes(path);
  const { tensors } = await readWeightFile(source);
  for (const tensor of tensors.values()) await tensor.read();
}

function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function outcome(folder: string, name: string): Promise<Outcome> {
  const start = processorTime();
  let error: Outcome["error"];
  try {
    await readAll(`${folder}/${name}`);
  } catch (thrown) {
    error = thrown instanceof Error
      ? { name: thrown.name, message: thrown.message }
      : { name: typeof thrown, message: String(thrown) };
  }
  return { name, time: processorTime() - start, memory: Deno.memoryUsage().rss, error };
}

if (import.meta.main) {
  const [folder] = Deno.args;
  const before = Deno.memoryUsage().rss;
  const outcomes: Outcome[] = [];
  for await (const { name } of Deno.readDir(folder)) outcomes.push(await outcome(folder, name));
  console.log(JSON.stringify({ before, outcomes }));
}
