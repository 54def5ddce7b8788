import { BACKENDS } from "@videoms/core";
import { type Command, defineCommand } from "./line/command.ts";
import { PRECISION_FLAG } from "./run_flags.ts";
import { verify, type VerifyOptions } from "./verify/verify.ts";

export const verifyCommand: Command = defineCommand({
  name: "verify",
  summary: "compare this device with recorded numbers of the PyTorch implementation",
  description: [
    "Runs recorded cases (weights, clips, random draws) and prints, per case and quantity, the worst " +
    "error beside its tolerance. The exit code is 1 if anything is outside.",
  ],
  positionals: [],
  flags: {
    cases: {
      type: "path",
      value: "folder",
      help: "folder of recorded cases, *.safetensors (default: those that ship)",
    },
    backend: { type: "text", choices: BACKENDS, help: "what to verify (default auto)" },
    ...PRECISION_FLAG,
    blas: {
      type: "text",
      choices: ["auto", "none"],
      help: "BLAS of the CPU engine (default auto)",
    },
  },
  examples: [
    "verify",
    "verify --backend webgpu --precision f16",
    "verify --backend wasm --blas none",
  ],
  async run({ flags: { cases, backend, precision, blas }, signal, output }) {
    const device = { backend, precision, blas } as Omit<VerifyOptions, "cases" | "signal">;
    if (await verify(output, { cases, signal, ...device }) !== 0) {
      throw new Error("This device does not reproduce the recorded numbers");
    }
  },
});
