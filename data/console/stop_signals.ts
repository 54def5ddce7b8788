import { constants } from "node:os";
import type { Output } from "./output.ts";
import { isHangupIgnored } from "./hangup.ts";

/**
 * Signals that tell a command to save and end: Ctrl-C, `kill`, a closed terminal, and those that batch
 * systems send before a time limit.
 */
const STOP_SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"];

/**
 * Signals that end a command at once when they come again. The others announce the end of a terminal or of
 * a job, and SIGTERM follows: that must not cost what is being saved.
 */
const PRESSING_SIGNALS: readonly Deno.Signal[] = ["SIGINT", "SIGTERM", "SIGBREAK"];

/**
 * Milliseconds within which signals are one: programs between the terminal and this one, such as
 * `deno task` and `npx`, pass on what the terminal has sent to all of them.
 */
const SAME_MS = 1000;

/** Why a command is stopped. */
export class StopError extends Error {
  /** As of other errors of work that is aborted. */
  override readonly name = "AbortError";
  /** Exit code of a command that this ended, as shells have it. */
  readonly exitCode: number;

  constructor(readonly signal: Deno.Signal) {
    super(`Stopped by ${signal}`);
    this.exitCode = 128 + (constants.signals as Partial<Record<Deno.Signal, number>>)[signal]!;
  }
}

/** What {@linkcode stopSignals} decides. */
export interface SignalRules {
  /** Aborts with a {@linkcode StopError} at the first signal. */
  readonly signal: AbortSignal;
  /** Takes a signal that has come at a time in milliseconds. */
  receive(signal: Deno.Signal, now: number): void;
}

/**
 * Decides what signals mean: the first one aborts, so that a command can save. A second or more later,
 * Ctrl-C ends the process at once, and so does SIGTERM after another SIGTERM or Ctrl-C.
 *
 * @param end ends the process
 */
export function stopSignals(output: Output, end: (exitCode: number) => void): SignalRules {
  const controller = new AbortController();
  let stoppedAt: number | null = null;
  let pressedAt: number | null = null;
  return {
    signal: controller.signal,
    receive(signal, now) {
      const reason = new StopError(signal);
      const isPressing = PRESSING_SIGNALS.includes(signal);
      const before = signal === "SIGINT" ? stoppedAt : isPressing ? pressedAt : null;
      if (before !== null && now - before >= SAME_MS) {
        output.printError("Ended at once; what was not saved yet is lost");
        return end(reason.exitCode);
      }
      if (isPressing) pressedAt ??= now;
      if (stoppedAt !== null) return;
      stoppedAt = now;
      output.printError(
        `Stopping (${signal}) as soon as what is done is saved; another Ctrl-C ends at once`,
      );
      controller.abort(reason);
    },
  };
}

/** Listens for the signals that stop this process. A hang-up that `nohup` has switched off stays so. */
export function listenForStop(output: Output): AbortSignal {
  const { signal, receive } = stopSignals(output, (code) => Deno.exit(code));
  const ignored = isHangupIgnored() ? "SIGHUP" : null;
  for (const name of STOP_SIGNALS) {
    Deno.addSignalListener(name, () => name !== ignored && receive(name, performance.now()));
  }
  if (Deno.build.os !== "windows") {
    // Without a listener, a log that reaches the limit of file sizes ends the process.
    Deno.addSignalListener("SIGXFSZ", () => {});
  }
  return signal;
}
