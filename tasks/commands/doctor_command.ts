import { survey } from "./doctor/survey.ts";
import { surveyText } from "./doctor/survey_text.ts";
import { type Command, defineCommand } from "./line/command.ts";

export const command: Command = defineCommand({
  summary: "check this machine: programs, GPU, BLAS, and what is missing",
  positionals: [],
  flags: { json: { type: "boolean", help: "print JSON" } },
  examples: ["doctor", "doctor --json"],
  async run({ flags: { json }, output }) {
    const found = await survey();
    output.print(json ? JSON.stringify(found, null, 2) : surveyText(found));
    if ("problem" in found.ffmpeg) throw new Error("ffmpeg is missing: run `deno task setup`");
  },
});
