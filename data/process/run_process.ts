/** How {@linkcode runProcess} treats a process. */
export interface ProcessOptions {
  /** Kill the process after this many milliseconds. */
  timeoutMs: number;
  /** Kill the process when this signal fires; the call then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Folder the process runs in. @default the current folder */
  cwd?: string;
  /** Keep what the process prints. @default false */
  keepOutput?: boolean;
  /** Writes the standard input of the process. @default the process reads nothing */
  writeInput?: (input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>) => Promise<void>;
}

/** How a process ended. */
export interface ProcessResult {
  /** Exit code; 0 is the only code whose meaning does not change between versions of ffmpeg. */
  code: number;
  /** The signal that ended it, if one did. */
  signal: Deno.Signal | null;
  /** Whether the time limit killed the process. */
  timedOut: boolean;
  /** Standard output, empty unless asked for. */
  output: string;
  /** The first 8 KB of what the process said on standard error. */
  complaint: string;
}

const COMPLAINT_BYTES = 8192;

/**
 * Runs a program with an argument vector (never a shell) until it has ended.
 *
 * Standard error is read all the time, because a full pipe would stop the process, and cut at 8 KB.
 * A process that takes too long or is no longer wanted gets SIGKILL: ffmpeg ignores SIGTERM while it
 * opens a file or writes to a full pipe. When the call settles the process is gone; it is killed as well
 * when the program is left with `Deno.exit` meanwhile. Only where the program itself is killed for good does
 * the process first finish what it is at. It is in a session of its own, so that the signals of a terminal
 * reach this program alone: a file whose decoding Ctrl-C ended must not count as damaged.
 *
 * @throws {Deno.errors.NotFound} if the program is not there
 * @throws the reason of `signal`, or what `writeInput` throws
 */
export async function runProcess(
  program: string,
  args: readonly string[],
  options: ProcessOptions,
): Promise<ProcessResult> {
  const { timeoutMs, signal, cwd, keepOutput = false, writeInput } = options;
  signal?.throwIfAborted();
  const child = new Deno.Command(program, {
    args: [...args],
    cwd,
    stdin: writeInput ? "piped" : "null",
    stdout: keepOutput ? "piped" : "null",
    stderr: "piped",
    detached: true, // Ctrl-C in a terminal is for this program alone, which kills the process if it should
  }).spawn();
  const kill = () => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has already ended.
    }
  };
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, timeoutMs);
  signal?.addEventListener("abort", kill);
  addEventListener("unload", kill);
  try {
    const [status, complaint, output, inputError] = await Promise.all([
      child.status,
      readStart(child.stderr, COMPLAINT_BYTES),
      keepOutput ? new Response(child.stdout).text() : "",
      writeInput ? feed(child.stdin, writeInput, kill) : null,
    ]);
    signal?.throwIfAborted();
    // A broken pipe only says that the process ended first; its own words say why.
    if (inputError && !(inputError instanceof Deno.errors.BrokenPipe)) throw inputError;
    return { code: status.code, signal: status.signal, timedOut, output, complaint };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", kill);
    removeEventListener("unload", kill);
  }
}

/** Reads a stream to its end and gives its first `limit` bytes as text. */
async function readStart(stream: ReadableStream<Uint8Array>, limit: number): Promise<string> {
  const decoder = new TextDecoder();
  let room = limit;
  let text = "";
  for await (const chunk of stream) {
    if (room <= 0) continue;
    text += decoder.decode(chunk.subarray(0, room), { stream: true });
    room -= chunk.length;
  }
  return text;
}

/** Lets `write` fill the input and closes it; gives the error that stopped it, or null. */
async function feed(
  stdin: WritableStream<Uint8Array<ArrayBuffer>>,
  write: NonNullable<ProcessOptions["writeInput"]>,
  kill: () => void,
): Promise<unknown> {
  const writer = stdin.getWriter();
  try {
    await write(writer);
    await writer.close();
    return null;
  } catch (error) {
    kill(); // or it would wait for the rest of its input
    await writer.abort().catch(() => {});
    return error;
  }
}
