/** What a guide has a reader do. */
export interface GuideStep {
  /** A command to run, or a file to write. */
  readonly kind: "command" | "file";
  /** The command's words, or the file's path. */
  readonly words: readonly string[];
  /** The file's text. */
  readonly text: string;
}

const BLOCK = /^```(\w+)([^\n]*)\n([^]*?)^```$/gm;

/** The words of a command line without quotes, which the guides do without. */
function commandOf(line: string): GuideStep {
  return { kind: "command", words: line.trim().split(/\s+/), text: "" };
}

/** The commands and files of a guide, in order; blocks marked `ignore` are passed over. */
export function guideSteps(markdown: string): GuideStep[] {
  const steps: GuideStep[] = [];
  for (const [, language, marks, body] of markdown.matchAll(BLOCK)) {
    if (marks.includes("ignore")) continue;
    if (language === "sh") {
      const lines = body.split("\n").map((line) => line.replace(/\s+#.*$/, ""));
      steps.push(...lines.filter((line) => line.trim() !== "").map(commandOf));
    }
    const path = language === "ts" && /^\/\/ (\S+)\n/.exec(body);
    if (path) steps.push({ kind: "file", words: [path[1]], text: body });
  }
  return steps;
}
