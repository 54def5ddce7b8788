import { TextLineStream } from "../compare/text_lines.ts";

/**
 * Runs a program and gives the JSON objects that it prints, one per line, as they come.
 *
 * @throws {Error} if it fails, with its last words
 */
export async function* jsonLines(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Record<string, unknown>> {
  const child = new Deno.Command(program, {
    args: [...args],
    signal,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const words = new Response(child.stderr).text();
  const lines = child.stdout.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  for await (const line of lines) {
    if (line.startsWith("{")) yield JSON.parse(line);
  }
  const { success } = await child.status;
  if (!success) {
    const last = (await words).trim().split("\n").at(-1) ?? "";
    throw new Error(last || "it ended without a word");
  }
}
