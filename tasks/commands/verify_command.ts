import { BACKENDS, openDevice } from "@videoms/core";
import { type Comparison, passes } from "@videoms/core/testing";
import { gpuChecks } from "../runs/network/task_device.ts";
import { type Command, defineCommand } from "@videoms/data/console";
import { COMPUTE_FLAGS } from "./run_flags.ts";
import { readGoldenCases } from "./verify/verify.ts";
import { verifyCase } from "./verify/verify_case.ts";

/** How a comparison came out: the worst error beside its tolerance. */
function line(comparison: Comparison): string {
  const { quantity, error, tolerance, unit, worst, note } = comparison;
  const isRelative = unit === "relative";
  const number = (value: number) => isRelative ? value.toExponential(1) : String(value);
  const isMiss = !passes(comparison);
  return [
    `  ${isMiss ? "MISS" : "ok  "}  ${quantity.padEnd(30)} ${
      number(error).padStart(9)
    }  of at most `,
    number(tolerance) + (isRelative ? "" : ` ${unit}`),
    note ? `  (${note})` : "",
    worst && isMiss ? `  (worst: ${worst})` : "",
  ].join("");
}

export const command: Command = defineCommand({
  summary: "compare this device with recorded numbers of the PyTorch implementation",
  description: [
    "Runs recorded cases (weights, clips, random draws) and prints, per case and quantity, the worst " +
    "error beside its tolerance. The exit code is 1 if anything is outside.",
  ],
  positionals: [],
  flags: {
    cases: { type: "folder", help: "recorded cases, *.safetensors (default: those that ship)" },
    backend: { type: "text", choices: BACKENDS, default: "auto", help: "what to verify" },
    gpu: COMPUTE_FLAGS.gpu,
    adapter: COMPUTE_FLAGS.adapter,
    precision: COMPUTE_FLAGS.precision,
    blas: {
      type: "text",
      choices: ["auto", "none"],
      default: "auto",
      help: "BLAS of the CPU engine",
    },
  },
  examples: [
    "verify",
    "verify --backend webgpu --precision f16",
    "verify --backend webgpu --gpu dawn",
    "verify --backend wasm --blas none",
  ],
  async run({ flags: { cases: folder, ...choice }, signal, output }) {
    const cases = await readGoldenCases(folder);
    await using device = await openDevice({ ...choice, checks: gpuChecks() });
    output.print(device.description);
    const all: Comparison[] = [];
    for (const golden of cases) {
      signal.throwIfAborted();
      const comparisons = await verifyCase(golden, device);
      output.print([`\n${golden.name}`, ...comparisons.map(line)].join("\n"));
      all.push(...comparisons);
    }
    const misses = all.filter((one) => !passes(one)).length;
    if (misses > 0) {
      output.print(`\n${misses} of ${all.length} quantities are outside their tolerances.`);
      throw new Error("This device does not reproduce the recorded numbers");
    }
    output.print(
      `\nAll ${all.length} quantities of ${cases.length} cases are within their tolerances.`,
    );
  },
});
