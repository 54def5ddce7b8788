import { TextLineStream } from "./text_lines.ts";

/** What a contestant says of a step. */
export interface StepAnswer {
  /** Milliseconds that it took, the device waited for. */
  ms: number;
  loss: number;
  /** Memory of the GPU, in bytes: what we hold allocated, the most that PyTorch's tensors took. */
  gpuBytes?: number;
  /** Milliseconds of ours until everything was recorded and submitted. */
  recording?: number;
  /** Dispatches of ours. */
  dispatches?: number;
}

/** An implementation in a process of its own that runs a step when it is asked to. */
export interface Contestant {
  readonly name: string;
  /** What it computes with, in its own words. */
  readonly description: string;
  /** Runs a step. */
  step(): Promise<StepAnswer>;
  /** Ends its process. */
  end(): Promise<void>;
}

/**
 * Starts a contestant and waits until it is ready.
 *
 * @param options its environment beside ours, and what ends it early
 * @throws {Error} if it ends before that, with its last words
 */
export async function startContestant(
  name: string,
  program: string,
  args: readonly string[],
  { env, signal }: { env?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Contestant> {
  const child = new Deno.Command(program, {
    args: [...args],
    env,
    signal,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const words = lastWords(child.stderr);
  const lines = child.stdout.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream()).getReader();
  const input = child.stdin.getWriter();
  const answer = async (): Promise<Record<string, unknown>> => {
    for (;;) {
      const { value, done } = await lines.read();
      if (done) throw new Error(`Cannot compare with ${name}: it ended, saying: ${await words}`);
      if (value.startsWith("{")) return JSON.parse(value);
    }
  };
  const { ready } = await answer();
  return {
    name,
    description: String(ready),
    async step() {
      // To a process that has ended nothing can be written; its last words tell why.
      await input.write(new TextEncoder().encode("step\n")).catch(() => {});
      return await answer() as unknown as StepAnswer;
    },
    async end() {
      await input.close().catch(() => {});
      await child.status;
      await lines.cancel();
    },
  };
}

/** The last line that is not empty. */
async function lastWords(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  const text = await new Response(stream).text();
  return text.trim().split("\n").at(-1) ?? "";
}
