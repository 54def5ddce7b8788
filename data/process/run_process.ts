/** Options of {@linkcode runProcess}. */
export interface ProcessOptions {
  /** Kill the process after this many milliseconds. */
  timeoutMs: number;
  /** Kill the process when this signal fires; the call then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Folder the process runs in. @default the current folder */
  cwd?: string;
  /** Keep the process's standard output. @default false */
  keepOutput?: boolean;
  /** Writes the standard input of the process; called again if that is started again. @default no input */
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
  /** The first 8 KB of standard error. */
  complaint: string;
}

const COMPLAINT_BYTES = 8192;

/** Signals that ask for the end of all processes of a terminal or a job; ours is SIGKILL. */
const ASKING: readonly (Deno.Signal | null)[] = [
  "SIGINT",
  "SIGTERM",
  "SIGHUP",
  "SIGQUIT",
  "SIGUSR1",
  "SIGUSR2",
];

/** Exit codes of an ffmpeg that was asked to end, once or several times. */
const ASKED = [255, 123];

/** Starts of a process that is asked to end each time: some senders repeat a signal at once. */
const MOST_STARTS = 5;

/**
 * Runs a program with an argument vector (never a shell) until it ends.
 *
 * Standard error is read continuously, because a full pipe would block the process, and cut at 8 KB. On a
 * timeout or abort the process gets SIGKILL: ffmpeg ignores SIGTERM while it opens a file or writes to a full
 * pipe. When the call settles, the process has ended; it is also killed on `Deno.exit`. Only if this program
 * itself is killed does the process continue.
 *
 * Ctrl-C in a terminal reaches the process too. What that means is this program's to decide, by its abort signal: until
 * then the process is started again, so that no file counts as damaged, and the call goes on as if nothing had been.
 * A session of its own would keep signals away, but Deno forks for it: every page that this program then writes
 * to is copied or at least looked at by the kernel, which took a tenth to a third of the processor time of short runs.
 *
 * @throws {Deno.errors.NotFound} if the program is missing
 * @throws the signal's reason, or what `writeInput` throws
 */
export async function runProcess(
  program: string,
  args: readonly string[],
  options: ProcessOptions,
): Promise<ProcessResult> {
  for (let start = 1;; start++) {
    const result = await runOnce(program, args, options);
    const { signal, code } = result;
    const asked = ASKING.includes(signal) || ASKED.includes(code);
    if (!asked || start === MOST_STARTS) return result;
  }
}

async function runOnce(
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
    // A broken pipe only means that the process ended first; its own messages say why.
    if (inputError && !(inputError instanceof Deno.errors.BrokenPipe)) throw inputError;
    return { code: status.code, signal: status.signal, timedOut, output, complaint };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", kill);
    removeEventListener("unload", kill);
  }
}

/** Reads a stream to its end and returns its first `limit` bytes as text. */
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

/** Writes the input and closes it; returns the error that stopped it, or null. */
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
    kill(); // otherwise it would wait for more input
    await writer.abort().catch(() => {});
    return error;
  }
}
