import { fileURLToPath } from "node:url";

const HOST = fileURLToPath(new URL("terminal_host.ts", import.meta.url));

function host(line: string, cwd?: string): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--allow-run=script", HOST, line],
    cwd,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  });
}

/** Whether a terminal can be had here: by `script` of util-linux, which every Debian has. */
export const HAS_TERMINAL: boolean = Deno.build.os === "linux" && await hasTerminal();

async function hasTerminal(): Promise<boolean> {
  const child = host("true").spawn();
  await child.stdin.close();
  return (await child.output()).success;
}

/** A program that runs in a terminal of its own, as its foreground. */
export interface TerminalProgram {
  /** Waits until the terminal shows something that matches. */
  shows(what: RegExp): Promise<void>;
  /** Types a text; `\x03` is Ctrl-C. */
  type(text: string): Promise<void>;
  /** Closes the terminal, as when a connection breaks. */
  hangUp(): void;
  /** Exit code of the program, and all that the terminal has shown. */
  end(): Promise<{ code: number; text: string }>;
}

/** Starts a command line in a new terminal. */
export function startInTerminal(line: string, cwd: string): TerminalProgram {
  const child = host(line, cwd).spawn();
  const input = child.stdin.getWriter();
  let text = "";
  const changed = new EventTarget();
  const reading = (async () => {
    for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += part;
      changed.dispatchEvent(new Event("text"));
    }
    changed.dispatchEvent(new Event("text"));
  })();
  return {
    async shows(what) {
      while (!what.test(text)) {
        const more = new Promise((resolve) =>
          changed.addEventListener("text", resolve, { once: true })
        );
        const ended = reading.then(() => "ended");
        if (await Promise.race([more, ended]) === "ended" && !what.test(text)) {
          throw new Error(`the terminal never showed ${what}: ${text}`);
        }
      }
    },
    type: (typed) => input.write(new TextEncoder().encode(typed)),
    hangUp: () => child.kill("SIGTERM"),
    async end() {
      const { code } = await child.status;
      await reading;
      await input.close().catch(() => {});
      return { code, text };
    },
  };
}
