import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { SHAPE_CLASSES, shapes } from "@videoms/data";
import { LAUNCHERS } from "../mpi.ts";
import { abortedAtEnd } from "../../tools/test_summary.ts";
import { guideSteps } from "./guide_commands.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

const folder = await Deno.makeTempDir({ prefix: "videoms-guides-" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

/** What a checkout's own folder may hold that a reader does not have, or does not need for what a guide does. */
const LEFT_OUT = /^(\.git|runs|datasets|site|node_modules|\.videoms|\.bundle)$/;

async function copyFolder(from: string, to: string, leftOut?: RegExp): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory, isFile } of Deno.readDir(from)) {
    if (leftOut?.test(name)) continue;
    if (isDirectory) await copyFolder(join(from, name), join(to, name));
    else if (isFile) await Deno.copyFile(join(from, name), join(to, name));
  }
}

/** Some clips of three motions in `videos/<class>`, rendered once. */
const clips = await (async () => {
  const set = shapes.create({
    ...shapes.defaults,
    videos: 4 * SHAPE_CLASSES.length,
    heldOut: 0,
    dir: join(folder, "rendered"),
  });
  const { train } = await set.prepare();
  const wanted = ["left", "right", "zoom-in"];
  const named = train.map(({ path, label }) => ({ path, name: SHAPE_CLASSES[label] as string }));
  return named.filter(({ name }) => wanted.includes(name));
})();

/**
 * A fresh checkout, as a reader has it, with videos. Each guide finds it at the same place, where Deno has compiled
 * its modules for the guide before.
 */
async function checkout(): Promise<string> {
  const here = join(folder, "videoms");
  await Deno.remove(here, { recursive: true }).catch(() => {}); // left by a guide that failed
  await copyFolder(root, here, LEFT_OUT);
  const counts = new Map<string, number>();
  for (const { path, name } of clips) {
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    const to = join(here, "videos", name, `${count}.mp4`);
    await Deno.mkdir(dirname(to), { recursive: true });
    await Deno.copyFile(path, to);
  }
  return here;
}

/** Exit code of a task whose process aborted. */
const ABORTED = 128 + 6;

/** Runs a command of a guide; one that needs MPI only where there is MPICH. */
async function runCommand([program, ...args]: readonly string[], cwd: string) {
  const isMpi = program === "mpirun";
  assert.ok(isMpi || program === "deno", `a guide runs deno or mpirun, got "${program}"`);
  const [mpich] = LAUNCHERS;
  if (isMpi && mpich.ignore) return { code: 0, said: "" };
  const { code, stdout, stderr } = await new Deno.Command(isMpi ? mpich.program : Deno.execPath(), {
    args: args.map((word) => isMpi && word === "deno" ? Deno.execPath() : word),
    cwd,
    stdin: "null",
    env: { NO_COLOR: "1", INIT_CWD: cwd }, // the tests may be a task themselves
  }).output();
  return { code, said: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

const guides: string[] = [];
for await (const { name } of Deno.readDir(join(root, "guides"))) {
  if (name.endsWith(".md") && name !== "README.md") guides.push(name);
}

for (const guide of guides.sort()) {
  Deno.test(`guides/${guide}: every command works, in its order`, async () => {
    const here = await checkout();
    const steps = guideSteps(await Deno.readTextFile(join(root, "guides", guide)));
    assert.ok(steps.length > 0);
    let cwd = here;
    for (const { kind, words, text } of steps) {
      const [program, folder] = words;
      if (kind === "file") {
        await Deno.mkdir(dirname(join(here, program)), { recursive: true });
        await Deno.writeTextFile(join(here, program), text);
      } else if (program === "cd") {
        cwd = join(cwd, folder);
      } else {
        const run = () => runCommand(words, cwd);
        let ended = await run();
        // A guide's own tests, too, meet the software driver that now and then aborts as their process ends.
        if (abortedAtEnd(ended.said, ended.code === ABORTED ? "SIGABRT" : null)) {
          ended = await run();
        }
        const { code, said } = ended;
        assert.equal(code, 0, `${words.join(" ")}\n${said}`);
      }
    }
  });
}

/** What links call the headings of a page. */
function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title.toLowerCase().replaceAll(/[^a-z0-9 -]/g, "").replaceAll(" ", "-")
  );
}

Deno.test("every guide is listed, and links lead somewhere", async () => {
  const index = await Deno.readTextFile(join(root, "guides", "README.md"));
  for (const guide of [...guides, "notebook.ipynb"]) {
    assert.ok(index.includes(`(${guide})`), guide);
    const text = await Deno.readTextFile(join(root, "guides", guide));
    for (const [, link] of text.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      const [file, heading] = link.split("#");
      const path = join(root, "guides", file || guide);
      await Deno.stat(path);
      if (heading) assert.ok(headingsOf(await Deno.readTextFile(path)).includes(heading), link);
    }
  }
});
