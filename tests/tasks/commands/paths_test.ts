import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { annotations, shapes } from "@videoms/data";
import { defineAblation, defineFinetune, definePretrain } from "@videoms/tasks";
import {
  commandHelp,
  defineCommand,
  parseCommand,
  type Program,
  userFolder,
  userPaths,
} from "@videoms/data/console";
import { formatCommand } from "@videoms/core/plain";
import { COMMANDS } from "../../../tasks/cli.ts";
import { PRETRAIN_FLAGS } from "../../../tasks/commands/run_flags.ts";
import { taskOf } from "../../../tasks/commands/task_of.ts";
import {
  ablationWithPaths,
  overridesWithPaths,
  pathsOfFile,
  taskWithPaths,
} from "../../../tasks/definition/task_paths.ts";
import { folder, registry } from "../small_task.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

const command = {
  summary: "pre-train",
  positionals: [{ name: "task file", type: "module", optional: true, help: "a module" }],
  flags: PRETRAIN_FLAGS,
  run: () => Promise.resolve(),
} as const;

/** Flags of a line as a user in `/data` types it. */
function typedInData(line: string) {
  const parsed = parseCommand(command, line.split(" "), userPaths("/data"));
  assert.ok(!parsed.help);
  return parsed;
}

Deno.test("every path of a command line starts where the user is", () => {
  const { flags, positionals } = typedInData(
    "mine/task.ts --annotations train.txt --held-out ../out.txt --test /lists/test.txt --exclude bad.txt " +
      "--data-root videos --out runs/a --from old --plugin ./future.ts --plugin jsr:@me/mask",
  );
  assert.deepEqual(positionals, ["/data/mine/task.ts"]);
  const { annotations: list, test, exclude, out, from, plugin } = flags;
  assert.equal(list, "/data/train.txt");
  assert.equal(flags.heldOut, "/out.txt");
  assert.equal(test, "/lists/test.txt");
  assert.equal(exclude, "/data/bad.txt");
  assert.equal(flags.dataRoot, "/data/videos");
  assert.equal(out, "/data/runs/a");
  assert.equal(from, "/data/old");
  assert.deepEqual(plugin, ["/data/future.ts", "jsr:@me/mask"]);
});

Deno.test("what is no path stays as it was typed, and so does all where the user is in the folder of deno.json", () => {
  for (const from of ["none", "MCG-NJU/videomae-base", "https://example.org/a.pth"]) {
    assert.equal(typedInData(`--from ${from}`).flags.from, from);
  }
  const here = parseCommand(command, ["a.ts", "--out", "runs/a"], userPaths(Deno.cwd()));
  assert.ok(!here.help);
  assert.deepEqual([here.positionals[0], here.flags.out], ["a.ts", "runs/a"]);
  assert.equal(userPaths(Deno.cwd()).own("runs/look"), "runs/look");
  assert.equal(userPaths("/data").own("runs/look"), join(Deno.cwd(), "runs/look"));
});

Deno.test("help says where paths start", () => {
  assert.match(
    commandHelp("deno task", "pretrain", defineCommand(command)),
    /Relative paths start at/,
  );
  const { data } = COMMANDS;
  assert.match(
    commandHelp("deno task", "pretrain", defineCommand(command), (data as Program).pathRule),
    /those in a task file at the folder of that\s+file/,
  );
});

Deno.test("paths in a task file start at its folder, and stay relative within the working folder", () => {
  const task = defineFinetune({
    start: { from: "../weights.pth" },
    data: { dataset: annotations({ train: "lists/a.txt", dataRoot: "/videos" }) },
    out: "here",
  });
  const { start, data, out } = taskWithPaths(task, pathsOfFile("/data/mine/task.ts"), registry);
  const { train, heldOut, dataRoot } = data.dataset.options;
  assert.deepEqual(
    [start.from, out, train, heldOut, dataRoot],
    ["/data/weights.pth", "/data/mine/here", "/data/mine/lists/a.txt", "", "/videos"],
  );
  const inside = taskWithPaths(task, pathsOfFile(join(Deno.cwd(), "tasks/mine/t.ts")), registry);
  assert.equal(inside.data.dataset.options.train, "tasks/mine/lists/a.txt");
  assert.equal(inside.start.from, "tasks/weights.pth");
  const rendered = definePretrain({ data: { dataset: shapes() } });
  const kept = taskWithPaths(rendered, pathsOfFile("/data/mine/task.ts"), registry);
  assert.equal(kept.data.dataset.options.dir, "datasets/shapes"); // the plugin's own place
});

Deno.test("only weights can be names on a hub: a run folder owner/name is a path, and so for levels and --set", () => {
  const lookUp = pathsOfFile("/data/mine/task.ts");
  const task = definePretrain({ start: { from: "MCG-NJU/videomae-base" }, out: "results/a" });
  const placed = taskWithPaths(task, lookUp, registry);
  assert.deepEqual([placed.start.from, placed.out], [
    "MCG-NJU/videomae-base",
    "/data/mine/results/a",
  ]);
  const set = overridesWithPaths(
    [["start.from", "MCG-NJU/videomae-base"], ["out", "results/a"]],
    lookUp,
    registry,
  );
  assert.deepEqual(set.map(([, text]) => text), ["MCG-NJU/videomae-base", "/data/mine/results/a"]);
  const ablation = defineAblation({
    name: "starts",
    finetune: defineFinetune(),
    axes: { start: { hub: { "finetune.start.from": "MCG-NJU/videomae-base" } } },
  });
  const { axes } = ablationWithPaths(ablation, lookUp, registry);
  assert.deepEqual(axes.start.hub, ablation.axes.start.hub);
});

Deno.test("levels of an ablation and --set have their paths looked up too", () => {
  const task = defineAblation({
    name: "lists",
    folds: [{ train: "b.txt", heldOut: "a.txt" }, { train: "a.txt", heldOut: "b.txt" }],
    pretrain: definePretrain({ data: { dataset: annotations({ train: "all.txt" }) } }),
    axes: {
      videos: {
        few: { "pretrain.data.dataset.train": "few.txt" },
        other: { "pretrain.data.dataset": annotations({ train: "other.txt" }) },
        slow: { "pretrain.optimizer.lr": 1e-5 },
      },
    },
  });
  const { pretrain, axes, folds } = ablationWithPaths(task, pathsOfFile("/data/a.ts"), registry);
  assert.equal(pretrain!.data.dataset.options.train, "/data/all.txt");
  assert.deepEqual(axes.videos.few, { "pretrain.data.dataset.train": "/data/few.txt" });
  assert.match(JSON.stringify(axes.videos.other), /"\/data\/other\.txt"/);
  assert.deepEqual(folds![0], { train: "/data/b.txt", heldOut: "/data/a.txt" });
  assert.deepEqual(axes.videos.slow, task.axes.videos.slow);
  const set = overridesWithPaths(
    [["data.dataset.train", "a.txt"], ["start.from", "null"], ["name", "a.txt"]],
    userPaths("/data").typed,
    registry,
  );
  assert.deepEqual(set.map(([, text]) => text), ["/data/a.txt", "null", "a.txt"]);
});

Deno.test("without --out a run goes to the folder of deno.json, wherever the user is", async () => {
  const flags = { ...typedInData("--steps 3").flags };
  const file = join(folder, "task.ts");
  await Deno.writeTextFile(
    file,
    'export default { ...TASK, name: "a/b" };'.replace(
      "TASK",
      JSON.stringify(definePretrain()),
    ),
  );
  const { task } = await taskOf(file, "pretrain", flags, userPaths("/data"));
  assert.equal(task.out, join(Deno.cwd(), "runs/a/b"));
  assert.equal((await taskOf(file, "pretrain", flags, userPaths())).task.out, null);
});

Deno.test("INIT_CWD counts where deno task starts programs, and only there", async () => {
  const before = [Deno.cwd(), Deno.env.get("INIT_CWD")] as const;
  try {
    Deno.chdir(root);
    Deno.env.set("INIT_CWD", folder);
    assert.equal(userFolder(), folder);
    for (const left of ["", "/no/such/folder", root]) {
      Deno.env.set("INIT_CWD", left);
      assert.equal(relative(userFolder(), root), "");
    }
    Deno.env.set("INIT_CWD", root);
    Deno.chdir(folder); // as by `deno run` there: what is set is left over from a task around it
    assert.equal(userFolder(), await Deno.realPath(folder));
  } finally {
    Deno.chdir(before[0]);
    if (before[1] === undefined) Deno.env.delete("INIT_CWD");
    else Deno.env.set("INIT_CWD", before[1]);
  }
});

Deno.test("commands for people are quoted for a shell", () => {
  assert.equal(
    formatCommand("deno", "task", "evaluate", "runs/a-b_1.2", "it's here", "$HOME", "a b", "ü", ""),
    "deno task evaluate runs/a-b_1.2 'it'\\''s here' '$HOME' 'a b' 'ü' ''",
  );
});

/** What `deno task` says when it is called in a folder. */
async function denoTask(cwd: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", "--config", `${root}deno.json`, ...args],
    cwd,
    stdin: "null",
    env: { NO_COLOR: "1", INIT_CWD: cwd }, // as deno task sets it, were these tests no task themselves
  }).output();
  const [printed, said] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.equal(code, 0, said);
  return printed;
}

Deno.test("a command reads the same files from three folders", async () => {
  const lists = join(folder, "lists");
  const elsewhere = join(folder, "elsewhere");
  for (const path of [lists, elsewhere]) await Deno.mkdir(path, { recursive: true });
  await Deno.writeTextFile(join(folder, "a.mp4"), "");
  await Deno.writeTextFile(join(lists, "train.txt"), "../a.mp4 0\n../a.mp4 1\n");
  // What a relative path must not find.
  await Deno.writeTextFile(join(elsewhere, "train.txt"), "../a.mp4 0\n");
  const file = join(lists, "task.ts");
  const dataset = annotations({ train: "train.txt" });
  const task = definePretrain({ name: "paths", model: { size: "tiny" }, data: { dataset } });
  await Deno.writeTextFile(file, `export default ${JSON.stringify(task)};`);
  const from = (cwd: string, path = file) => denoTask(cwd, "pretrain", path, "--dry-run");
  const said = await Promise.all([from(root), from(elsewhere), from(lists, "task.ts")]);
  for (const text of said) {
    assert.match(text, /^data +2 videos of .*lists\/train\.txt/m);
    assert.match(text, new RegExp(`^run folder +(${root})?runs/paths`, "m"));
  }
});
