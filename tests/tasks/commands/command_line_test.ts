import assert from "node:assert/strict";
import { join } from "node:path";
import { applyOverrides, definePretrain, loadRegistry } from "@videoms/tasks";
import {
  commandHelp,
  defineCommand,
  flagTitle,
  parseCommand,
  type Program,
  programHelp,
  StopError,
  UsageError,
} from "@videoms/data/console";
import {
  type CommandLineHost,
  ExitCode,
  runCommandLine,
} from "../../../tasks/commands/line/run_command_line.ts";
import { loadPlugins } from "../../../tasks/definition/load_plugins.ts";
import { flagOverrides, PRETRAIN_FLAGS } from "../../../tasks/commands/run_flags.ts";
import { recordingOutput } from "../recording_output.ts";

const pretrain = {
  summary: "pre-train a masked autoencoder",
  positionals: [{ name: "task-file", help: "a module that exports a task" }],
  flags: PRETRAIN_FLAGS,
  examples: ["pretrain tasks/shapes/pretrain.ts"],
  run: () => Promise.resolve(),
};

function flagsOf(line: string) {
  const parsed = parseCommand(pretrain, line.split(" "));
  assert.ok(!parsed.help);
  return parsed;
}

/** A host that remembers what was printed. */
function recordingHost(options: { debug?: boolean; signal?: AbortSignal } = {}) {
  const output = recordingOutput();
  const host: CommandLineHost = {
    output,
    debug: options.debug ?? false,
    signal: options.signal ?? new AbortController().signal,
  };
  return { host, errors: output.errors };
}

function programOf(run: () => Promise<void>): Program {
  return {
    name: "videoms",
    summary: "masked video modelling",
    commands: { pretrain: defineCommand({ ...pretrain, run }) },
  };
}

Deno.test("flags and arguments are taken apart in any order, with = or a space", () => {
  const { flags, positionals } = flagsOf(
    "--steps=5 a.ts --masking tube --set optimizer.lr=1 --dry-run --set name=a=b --seed 0",
  );
  assert.deepEqual(positionals, ["a.ts"]);
  assert.equal(flags.steps, 5);
  assert.equal(flags.masking, "tube");
  assert.deepEqual(flags.set, ["optimizer.lr=1", "name=a=b"]);
  assert.equal(flags.dryRun, true);
  assert.equal(flags.seed, 0);
  assert.equal(flags.fresh, undefined);
  assert.deepEqual(flags.plugin, []);
});

Deno.test("--help wins over everything, but not behind --", () => {
  assert.equal(parseCommand(pretrain, ["--nonsense", "--help"]).help, true);
  assert.equal(parseCommand(pretrain, ["-h"]).help, true);
  assert.equal(parseCommand(pretrain, ["--", "--help"]).help, false);
});

const mistakes: [string, RegExp][] = [
  ["a.ts --stesp 5", /unknown option "--stesp"; did you mean "--steps"/],
  ["a.ts --stesp=5", /unknown option "--stesp"/],
  ["a.ts -s 5", /unknown option "-s"/],
  ["a.ts --steps many", /--steps: it must be a whole number, got "many"/],
  ["a.ts --steps 2.5", /--steps: it must be a whole number, got "2\.5"/],
  ["a.ts --steps=", /--steps: it must be a whole number, got ""/],
  ["a.ts --steps", /--steps: it must be followed by a whole number, got nothing/],
  ["a.ts --out --fresh", /--out: it must be followed by a path, got --fresh/],
  ["a.ts --dry-run=no", /--dry-run: it takes no value, got "no"/],
  ["a.ts --backend cuda", /--backend: it must be one of auto, webgpu, wasm, cpu, got "cuda"/],
  ["a.ts --seed 1 --seed 2", /--seed: it must be given once, got 1 and 2/],
  ["a.ts b.ts", /at most 1 argument.*got "b\.ts"/],
  ["--dry-run", /<task-file> must be given/],
];

for (const [line, message] of mistakes) {
  Deno.test(`the command line "${line}" is refused`, () => {
    assert.throws(() => parseCommand(pretrain, line.split(" ")), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, message);
      return true;
    });
  });
}

Deno.test("flags of pretrain become overrides, and --set wins", async () => {
  const { flags } = flagsOf(
    "a.ts --set masking.maskRatio=0.75 --masking tube --frames segments --epochs 50 --batch 4 " +
      "--annotations my.csv --held-out out.csv --data-root videos --exclude bad.txt --backend cpu " +
      "--gpu dawn --adapter 1 --out x --set epochs=60",
  );
  const start = definePretrain({ steps: 9 });
  const task = applyOverrides(start, flagOverrides(flags), await loadRegistry());
  assert.equal(task.masking.name, "tube");
  assert.equal(task.masking.options.maskRatio, 0.75);
  assert.equal(task.frames.name, "segments");
  assert.equal(task.epochs, 60);
  assert.equal(task.steps, null);
  assert.equal(task.batch, 4);
  const { train, heldOut, dataRoot, exclude } = task.data.dataset.options;
  assert.deepEqual(
    [train, heldOut, dataRoot, exclude],
    ["my.csv", "out.csv", "videos", "bad.txt"],
  );
  assert.equal(task.backend, "cpu");
  assert.equal(task.gpu, "dawn");
  assert.equal(task.adapter, "1");
  assert.equal(task.out, "x");
  assert.equal(task.model.frames, 16);
  const { flags: wrong } = flagsOf("a.ts --set lr");
  assert.throws(() => flagOverrides(wrong), /--set: it must be <field>=<value>, got "lr"/);
});

Deno.test("help is aligned, wrapped at 100 columns, and names every flag", () => {
  const command = defineCommand(pretrain);
  const help = commandHelp("videoms", "pretrain", command);
  for (const line of help.split("\n")) assert.ok(line.length <= 100, line);
  for (const flag of Object.keys(PRETRAIN_FLAGS)) assert.ok(help.includes(flagTitle(flag)), flag);
  assert.match(help, /Usage: videoms pretrain <task-file> \[options\]/);
  assert.match(help, /motion-centric, multi-block/);
  const columns = Object.values(PRETRAIN_FLAGS).map(({ help: text }) => {
    const start = text.slice(0, 20);
    return help.split("\n").find((line) => line.includes(start))!.indexOf(start);
  });
  assert.equal(new Set(columns).size, 1);
  assert.match(
    programHelp("videoms", "x", [["pretrain", command.summary]]),
    /pretrain {2}pre-train a masked autoencoder/,
  );
});

Deno.test("exit codes: ok, failure, usage", async () => {
  const ok = programOf(() => Promise.resolve());
  const failing = programOf(() =>
    Promise.reject(new RangeError("Cannot go on: no disk, got none"))
  );
  const cases: [Program, string, number, RegExp][] = [
    [ok, "pretrain a.ts", ExitCode.ok, /^$/],
    [ok, "pretrain --help", ExitCode.ok, /^$/],
    [ok, "--help", ExitCode.ok, /^$/],
    [ok, "", ExitCode.usage, /Commands:/],
    [ok, "pretrian a.ts", ExitCode.usage, /no such command; did you mean "pretrain"/],
    [
      ok,
      "pretrain --nope",
      ExitCode.usage,
      /unknown option.*\nRun `videoms pretrain --help` for usage/,
    ],
    [failing, "pretrain a.ts", ExitCode.failure, /^error: Cannot go on: no disk, got none\n$/],
  ];
  for (const [program, line, code, message] of cases) {
    const { host, errors } = recordingHost();
    const args = line === "" ? [] : line.split(" ");
    assert.equal(await runCommandLine(program, args, host), code, line);
    assert.match(errors.join(""), message);
  }
});

/** Runs a command that is stopped while it works, and gives its exit code and what it said. */
async function runStopped(reason: unknown, end: () => void): Promise<[number, string]> {
  const controller = new AbortController();
  const stopping = programOf(async () => {
    controller.abort(reason);
    await end();
  });
  const { host, errors } = recordingHost({ signal: controller.signal });
  return [await runCommandLine(stopping, ["pretrain", "a.ts"], host), errors.join("")];
}

Deno.test("exit codes: stopped, and an error after it is told", async () => {
  const reason = new StopError("SIGTERM");
  assert.deepEqual(await runStopped(reason, () => {}), [143, ""]);
  assert.deepEqual(await runStopped(undefined, () => {}), [ExitCode.interrupted, ""]);
  const heeding = await runStopped(reason, () => {
    throw new Error("Cannot load", { cause: reason });
  });
  assert.deepEqual(heeding, [143, "Stopped: nothing was written\n"]);
  const failing = await runStopped(reason, () => {
    throw new Error("Cannot save");
  });
  assert.deepEqual(failing, [ExitCode.failure, "error: Cannot save\n"]);
});

Deno.test("exit codes: done, but not all that it said could be written", async () => {
  const { host } = recordingHost();
  const program = programOf(() => {
    host.output.reportFailure("log.jsonl", new Error("No space left"));
    return Promise.resolve();
  });
  assert.equal(await runCommandLine(program, ["pretrain", "a.ts"], host), ExitCode.unwritten);
});

Deno.test("a stack is printed only when debugging", async () => {
  const failing = programOf(() => Promise.reject(new Error("Cannot go on")));
  for (const debug of [false, true]) {
    const { host, errors } = recordingHost({ debug });
    await runCommandLine(failing, ["pretrain", "a.ts"], host);
    assert.equal(errors.join("").includes("command_line_test.ts"), debug);
  }
});

Deno.test("plugins come from the packages and from modules that are named", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "mine.ts");
    await Deno.writeTextFile(
      path,
      `import { definePlugin } from "@videoms/core";
      export const mine = definePlugin({ kind: "masking", name: "mine", summary: "", defaults: { n: 1 },
        create: () => 0 });`,
    );
    const registry = await loadRegistry([path]);
    assert.equal(registry.get("masking", "mine").defaults.n, 1);
    assert.equal(registry.get("dataset", "shapes").name, "shapes");
    const task = applyOverrides(definePretrain(), [["masking", "mine"]], registry);
    assert.deepEqual(task.masking, { kind: "masking", name: "mine", options: { n: 1 } });
    const empty = join(folder, "empty.ts");
    await Deno.writeTextFile(empty, "export const x = 1;");
    await assert.rejects(loadPlugins(empty), /must export what definePlugin\(\) makes, got x/);
    await assert.rejects(loadPlugins("./none.ts"), /the file must exist/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
