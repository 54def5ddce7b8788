import { dirname } from "node:path";
import { writeAtomically } from "./write_atomically.ts";

/** Writes a value to a JSON file, whole or not at all; the folder is made if it is not there. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await writeAtomically(path, JSON.stringify(value, null, 2) + "\n");
}
