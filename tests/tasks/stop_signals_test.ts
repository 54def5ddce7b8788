import assert from "node:assert/strict";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { stopSignals } from "@videoms/data/console";
import { pressUntilGone } from "../press_until_gone.ts";
import { HAS_TERMINAL, startInTerminal } from "../terminal.ts";
import { recordingOutput } from "./recording_output.ts";

const WAITING = fileURLToPath(new URL("waiting_program.ts", import.meta.url));

/** Signals with their times in milliseconds, and the exit code of the process if they end it at once. */
const SEQUENCES: readonly [string, readonly [Deno.Signal, number][], number | null][] = [
  ["the same signal, passed on", [["SIGINT", 0], ["SIGINT", 1], ["SIGINT", 4]], null],
  ["two of a closing terminal", [["SIGHUP", 0], ["SIGHUP", 1], ["SIGTERM", 2000]], null],
  ["a second one by a person", [["SIGINT", 0], ["SIGINT", 1], ["SIGINT", 1000]], 130],
  ["a second one that came early", [["SIGINT", 0], ["SIGINT", 999]], null],
  ["kill, twice", [["SIGTERM", 0], ["SIGTERM", 5000]], 143],
  ["the warning of a batch system, and its end", [["SIGUSR1", 0], ["SIGTERM", 120_000]], null],
  ["a warning, and Ctrl-C", [["SIGUSR2", 0], ["SIGINT", 3000]], 130],
];

Deno.test("one signal counts once, and only a person's second one ends at once", () => {
  for (const [name, signals, wanted] of SEQUENCES) {
    const ended: number[] = [];
    const output = recordingOutput();
    const { signal, receive } = stopSignals(output, (code) => ended.push(code));
    for (const [one, time] of signals) receive(one, time);
    assert.equal(signal.reason.signal, signals[0][0], name);
    assert.deepEqual(ended, wanted === null ? [] : [wanted], name);
    const told = output.errors.filter((text) => text.startsWith("Stopping"));
    assert.equal(told.length, 1, name);
  }
});

const LINUX_ONLY = { ignore: Deno.build.os !== "linux" };

/** Starts a program that waits until it is stopped, or for ever. */
async function startWaiting(mode = "until-stopped"): Promise<Deno.ChildProcess> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--allow-ffi", WAITING, mode],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  reader.cancel();
  return child;
}

Deno.test("every signal that stops ends with its own exit code", LINUX_ONLY, async () => {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;
  await Promise.all(signals.map(async (signal) => {
    const child = await startWaiting();
    child.kill(signal);
    child.kill(signal);
    assert.equal((await child.status).code, 128 + constants.signals[signal], signal);
  }));
});

Deno.test("a program that heeds no signal is ended by a second Ctrl-C", LINUX_ONLY, async () => {
  assert.equal((await pressUntilGone(await startWaiting("stubborn"))).code, 130);
});

/** A folder with tasks that call each other, as those of `deno.json` do. */
async function withTasks(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const run = `deno run --no-check --allow-ffi ${WAITING}`;
  try {
    const tasks = { wait: "true && deno task -q inner", inner: run };
    await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify({ tasks }));
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("Ctrl-C in a terminal, through two tasks, counts once [terminal]", {
  ignore: !HAS_TERMINAL,
}, () =>
  withTasks(async (folder) => {
    const program = startInTerminal("deno task wait", folder);
    await program.shows(/waiting/);
    await program.type("\x03");
    const { code, text } = await program.end();
    assert.equal(code, 130);
    assert.match(text, /Stopping \(SIGINT\)[^]*saved/);
    assert.doesNotMatch(text, /Ended at once/);
  }));

Deno.test("nohup keeps a program that its terminal leaves [terminal]", {
  ignore: !HAS_TERMINAL,
}, () =>
  withTasks(async (folder) => {
    const program = startInTerminal("nohup deno task wait a-while", folder);
    const file = `${folder}/nohup.out`;
    const printed = () => Deno.readTextFile(file).catch(() => "");
    while (!(await printed()).includes("waiting")) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    program.hangUp();
    await program.end();
    while (!/saved|went on/.test(await printed())) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.match(await printed(), /went on/);
  }));
