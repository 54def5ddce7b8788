import { doctor } from "./doctor/doctor.ts";
import { type Command, defineCommand } from "./line/command.ts";

/** `deno task doctor`: checks this machine. */
export const doctorCommand: Command = defineCommand({
  name: "doctor",
  summary: "check this machine: programs, GPU, BLAS, and what is missing",
  positionals: [],
  flags: { json: { type: "boolean", help: "print JSON" } },
  examples: ["doctor", "doctor --json"],
  async run({ flags: { json }, output }) {
    if (await doctor(output, { json }) !== 0) {
      throw new Error("ffmpeg is missing: run `deno task setup`");
    }
  },
});
