import { join } from "node:path";
import { ifThere } from "@videoms/data/files";
import { type GoldenCase, parseGoldenCase } from "@videoms/models/testing";

/** The cases that ship with the package, which may lie on a server: their folder cannot be listed then. */
const SHIPPED = [
  "finetune-all-tokens",
  "finetune-motion-centric",
  "pretrain-motion-centric",
  "pretrain-random",
  "pretrain-tube",
];

async function shippedCase(name: string): Promise<GoldenCase> {
  const file = await fetch(new URL(`./cases/${name}.safetensors`, import.meta.url));
  return parseGoldenCase(await file.bytes(), name)!;
}

/** Reads every training case of a folder, in the order of their names; by default those that ship. None is an error. */
export async function readGoldenCases(folder?: string): Promise<GoldenCase[]> {
  if (folder === undefined) return await Promise.all(SHIPPED.map(shippedCase));
  const entries = await ifThere(Array.fromAsync(Deno.readDir(folder)));
  if (!entries) {
    throw new Deno.errors.NotFound(`Cannot load cases: the cases must be a folder, got ${folder}`);
  }
  const names = entries.map(({ name }) => name).filter((name) => name.endsWith(".safetensors"));
  const files = names.sort().map(async (name) =>
    parseGoldenCase(await Deno.readFile(join(folder, name)), name.replace(".safetensors", ""))
  );
  const cases = (await Promise.all(files)).filter((golden) => golden !== null);
  if (cases.length === 0) {
    throw new RangeError(
      `Cannot load cases: ${folder} must hold recorded cases (*.safetensors with their architecture as metadata), found none`,
    );
  }
  return cases;
}
