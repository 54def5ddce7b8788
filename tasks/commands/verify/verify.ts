import { join } from "node:path";
import type { Output } from "../../output/output.ts";
import { type BackendChoice, type Device, openDevice, type Precision } from "@videoms/core";
import { type Comparison, passes, tolerancesOf } from "@videoms/core/testing";
import { type GoldenCase, parseGoldenCase } from "@videoms/models/testing";
import { verifyClassifier } from "./verify_classifier.ts";
import { verifyPretrain } from "./verify_pretrain.ts";

/** What `deno task verify` is told. */
export interface VerifyOptions {
  /** Folder of the recorded cases. @default the cases that ship with the package */
  cases?: string;
  /** The backend to verify. @default "auto" */
  backend?: BackendChoice;
  /** `none` verifies the CPU engine without a BLAS library. @default "auto" */
  blas?: "auto" | "none";
  /** What values within transformer blocks are stored in. @default "f32" */
  precision?: Precision;
  /** Stops the work between two cases. */
  signal?: AbortSignal;
}

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

/**
 * Reads every training case of a folder, in the order of their names.
 *
 * @param folder @default the cases that ship with the package
 * @throws {Deno.errors.NotFound} if there is no such folder
 * @throws {RangeError} if it holds no case
 */
export async function readGoldenCases(folder?: string): Promise<GoldenCase[]> {
  if (folder === undefined) return await Promise.all(SHIPPED.map(shippedCase));
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (name.endsWith(".safetensors")) names.push(name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) {
      throw error;
    }
    throw new Deno.errors.NotFound(`Cannot verify: the cases must be a folder, got ${folder}`);
  }
  const files = names.sort().map(async (name) =>
    parseGoldenCase(await Deno.readFile(join(folder, name)), name.replace(".safetensors", ""))
  );
  const cases = (await Promise.all(files)).filter((golden) => golden !== null);
  if (cases.length === 0) {
    throw new RangeError(
      `Cannot verify: ${folder} must hold recorded cases (*.safetensors with their architecture as metadata), found none`,
    );
  }
  return cases;
}

export async function verifyCase(golden: GoldenCase, device: Device): Promise<Comparison[]> {
  const tolerances = tolerancesOf(device);
  return golden.metadata.num_classes === undefined
    ? await verifyPretrain(golden, device, tolerances)
    : await verifyClassifier(golden, device, tolerances);
}

function line(comparison: Comparison): string {
  const { quantity, error, tolerance, unit, worst, note } = comparison;
  const number = (value: number) => unit === "relative" ? value.toExponential(1) : String(value);
  const mark = passes(comparison) ? "ok  " : "MISS";
  const what = unit === "relative" ? "" : ` ${unit}`;
  const where = worst && !passes(comparison) ? `  (worst: ${worst})` : "";
  return `  ${mark}  ${quantity.padEnd(30)} ${number(error).padStart(9)}  of at most ${
    number(tolerance)
  }${what}${note ? `  (${note})` : ""}${where}`;
}

/**
 * Compares this device with the recorded cases and prints the worst error of each quantity.
 *
 * @returns 0 if everything is within its tolerance, else 1
 */
export async function verify(
  output: Output,
  { cases, signal, ...options }: VerifyOptions,
): Promise<number> {
  const goldenCases = await readGoldenCases(cases);
  await using device = await openDevice(options);
  output.print(device.description);
  let misses = 0;
  let checks = 0;
  for (const golden of goldenCases) {
    signal?.throwIfAborted();
    const comparisons = await verifyCase(golden, device);
    output.print(`\n${golden.name}`);
    for (const comparison of comparisons) output.print(line(comparison));
    misses += comparisons.filter((one) => !passes(one)).length;
    checks += comparisons.length;
  }
  output.print(
    misses === 0
      ? `\nAll ${checks} quantities of ${goldenCases.length} cases are within their tolerances.`
      : `\n${misses} of ${checks} quantities are outside their tolerances.`,
  );
  return misses === 0 ? 0 : 1;
}
