/** Looks at processes from outside, which takes rights that tests do not have: a Deno of its own does it. */

import assert from "node:assert/strict";

async function evaluate(code: string, ...args: string[]): Promise<string> {
  const { code: exit, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", code, ...args],
    stdin: "null",
  }).output();
  assert.equal(exit, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** The ffmpeg and ffprobe processes with a text in their arguments, by number; Linux only. */
export async function videoProcesses(text: string): Promise<number[]> {
  const found = await evaluate(
    `for (const { name } of Deno.readDirSync("/proc")) {
      if (!/^\\d+$/.test(name)) continue;
      try {
        const [program, ...args] = Deno.readTextFileSync("/proc/" + name + "/cmdline").split("\\0");
        const isOne = /ff(mpeg|probe)$/.test(program) && args.join(" ").includes(Deno.args[0]);
        if (isOne) console.log(name);
      } catch {
        // It has just ended.
      }
    }`,
    text,
  );
  return found.split("\n").filter((line) => line !== "").map(Number);
}

/** Waits until the ffmpeg processes with a text in their arguments are some or none. */
export async function untilProcesses(text: string, wanted: "some" | "none", ms: number) {
  const end = performance.now() + ms;
  for (;;) {
    const count = (await videoProcesses(text)).length;
    if ((count > 0) === (wanted === "some")) return;
    assert.ok(performance.now() < end, `${wanted} wanted, ${count} processes after ${ms} ms`);
  }
}

/** Sends a signal to processes, as a terminal does. */
export async function signalProcesses(ids: readonly number[], signal: Deno.Signal): Promise<void> {
  const code =
    "const [signal, ...ids] = Deno.args; for (const id of ids) Deno.kill(Number(id), signal);";
  await evaluate(code, signal, ...ids.map(String));
}

/** Makes a pipe with a name, which keeps whoever opens it waiting for ever. */
export async function makePipe(path: string): Promise<void> {
  await evaluate('await new Deno.Command("mkfifo", { args: Deno.args }).output();', path);
}

/** Makes an empty file whose name has bytes that are not UTF-8, as `printf` writes them: `a\\351`. */
export async function makeRawName(folder: string, name: string): Promise<void> {
  const script = 'cd "$0" && : > "$(printf "$1")"';
  await evaluate(
    'await new Deno.Command("sh", { args: ["-c", ...Deno.args] }).output();',
    ...[script, folder, name],
  );
}
