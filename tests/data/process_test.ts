import {
  createLimiter,
  decodeClips,
  ffmpegStartupTime,
  ffmpegVersion,
  findFfmpeg,
} from "@videoms/data";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { probeVideo } from "../../data/index/probe_video.ts";
import { lastWords } from "../../data/process/last_words.ts";
import { runProcess } from "../../data/process/run_process.ts";
import { pressUntilGone } from "../press_until_gone.ts";
import { makePipe, signalProcesses, untilProcesses, videoProcesses } from "./processes.ts";
import { assertEmpty, centred, MPEG4, renderVideo, withFolder } from "./test_videos.ts";

const LINUX_ONLY = { ignore: Deno.build.os !== "linux" };

const ENDLESS = ["-nostdin", "-re", "-f", "lavfi", "-i", "testsrc2", "-f", "null", "-"];

/** Runs code in another process: the environment is shared by all tests that run beside this one. */
async function evaluate(code: string, env: Record<string, string>) {
  const ended = await new Deno.Command(Deno.execPath(), {
    args: ["eval", `import { findFfmpeg, indexVideos } from '@videoms/data'; ${code}`],
    cwd: fileURLToPath(new URL("../../", import.meta.url)),
    env: { ...env, NO_COLOR: "1" },
  }).output();
  return { code: ended.code, said: new TextDecoder().decode(ended.stderr) };
}

Deno.test("ffmpeg is found, and its absence says how to install it", async () => {
  const tools = await findFfmpeg();
  assert.match(await ffmpegVersion(tools), /\d/);
  assert.ok(await ffmpegStartupTime(tools) > 0);
  const { code, said } = await evaluate("await findFfmpeg()", {
    FFPROBE: `${Deno.cwd()}/no-such-program`,
  });
  assert.equal(code, 1);
  assert.match(said, /no-such-program: it must be installed .*FFPROBE/);
});

Deno.test("a program that does not run is told as such, not as a damaged file", () =>
  withFolder(async (folder) => {
    const path = `${folder}/sound.mp4`;
    await renderVideo(path, 4, ...MPEG4);
    const { size, mtime } = await Deno.stat(path);
    const stamp = { path, size, mtimeMs: mtime!.getTime() };
    const tools = await findFfmpeg();
    const record = await probeVideo(stamp, tools);
    assert.ok(typeof record !== "string");
    const none = `${folder}/none`;
    const told = /Cannot run .*none: it must be installed/;
    await assert.rejects(probeVideo(stamp, { ...tools, ffprobe: none }), told);
    const decoding = decodeClips([centred(record, [0])], { tools: { ...tools, ffmpeg: none } });
    await assert.rejects(decoding, told);
    const broken = `${folder}/broken`; // as one whose libraries are missing
    await Deno.writeTextFile(broken, "#!/bin/sh\nexit 127\n", { mode: 0o755 });
    const { code, said } = await evaluate(`await indexVideos(["${path}"])`, { FFPROBE: broken });
    assert.equal(code, 1);
    assert.match(said, /Cannot run .*broken: it must be installed .* ended with code 127.*FFPROBE/);
  }));

Deno.test("a process that takes too long is killed", { sanitizeResources: true }, async () => {
  const { ffmpeg } = await findFfmpeg();
  const { timedOut, code } = await runProcess(ffmpeg, ENDLESS, { timeoutMs: 200 });
  assert.ok(timedOut && code !== 0);
});

Deno.test(
  "a process that hangs in opening its input is killed for good",
  LINUX_ONLY,
  () =>
    withFolder(async (folder) => {
      const { ffmpeg, ffprobe } = await findFfmpeg();
      const pipe = `${folder}/pipe.mp4`;
      await makePipe(pipe);
      for (const program of [ffmpeg, ffprobe]) {
        const args = program === ffmpeg ? ["-nostdin", "-i", pipe, "-f", "null", "-"] : [pipe];
        const started = performance.now();
        const { timedOut, code } = await runProcess(program, args, { timeoutMs: 300 });
        assert.ok(timedOut && code !== 0);
        assert.ok(performance.now() - started < 30_000);
      }
      assert.deepEqual(await videoProcesses(folder), []);
    }),
);

Deno.test("a talkative process is read to its end and its words are cut", async () => {
  const { ffmpeg } = await findFfmpeg();
  const args = ["-nostdin", "-v", "debug", "-f", "lavfi", "-i", "testsrc2", "-frames:v", "200"];
  const { code, complaint } = await runProcess(ffmpeg, [
    ...args,
    "-vf",
    "showinfo",
    "-f",
    "null",
    "-",
  ], {
    timeoutMs: 20_000,
  });
  assert.equal(code, 0);
  assert.equal(new TextEncoder().encode(complaint).length, 8192);
});

Deno.test("an error while writing the input kills the process and is passed on", async () => {
  const { ffmpeg } = await findFfmpeg();
  const args = ["-nostdin", "-f", "rawvideo", "-s", "8x8", "-i", "pipe:0", "-f", "null", "-"];
  const running = runProcess(ffmpeg, args, {
    timeoutMs: 20_000,
    writeInput: () => Promise.reject(new Error("no pixels")),
  });
  await assert.rejects(running, /no pixels/);
});

for (const signal of ["SIGINT", "SIGHUP"] as const) {
  Deno.test(
    `a process that a terminal's ${signal} ends is started again, until its call is aborted`,
    LINUX_ONLY,
    () =>
      withFolder(async (folder) => {
        const { ffmpeg } = await findFfmpeg();
        const stop = new AbortController();
        const run = (path: string, seconds: number) => {
          const input = ["-nostdin", "-re", "-f", "lavfi", "-i", `testsrc2=duration=${seconds}`];
          const args = [...input, "-f", "rawvideo", "-pix_fmt", "gray", "-s", "2x2", "-y", path];
          return runProcess(ffmpeg, args, { timeoutMs: 120_000, signal: stop.signal });
        };
        const interrupt = async (path: string) => {
          await untilProcesses(path, "some", 60_000);
          await signalProcesses(await videoProcesses(path), signal);
        };
        const whole = run(`${folder}/whole`, 4);
        await interrupt(`${folder}/whole`);
        assert.equal((await whole).code, 0);
        assert.equal((await Deno.stat(`${folder}/whole`)).size, 4 * 25 * 4);
        const aborted = run(`${folder}/aborted`, 1000);
        const rejected = assert.rejects(aborted, /enough/);
        await interrupt(`${folder}/aborted`);
        stop.abort(new Error("enough"));
        await rejected;
        assert.deepEqual(await videoProcesses(folder), []);
      }),
  );
}

Deno.test("a limiter never runs more than its limit", async () => {
  const limiter = createLimiter(3);
  let running = 0;
  let most = 0;
  await Promise.allSettled(Array.from({ length: 20 }, (_, i) =>
    limiter.run(async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running--;
      if (i % 4 === 0) throw new Error("a failed task gives its place back");
    })));
  assert.equal(most, 3);
  assert.equal(running, 0);
  assert.throws(() => createLimiter(0), RangeError);
});

const PROGRAM = fileURLToPath(new URL("endless_decoding.ts", import.meta.url));

/** Starts a program that decodes until it is stopped, and waits until it is at it. */
async function startDecoding(folder: string, heed: "yes" | "no"): Promise<Deno.ChildProcess> {
  await renderVideo(`${folder}/long.mp4`, 3000, ...MPEG4);
  await Deno.mkdir(`${folder}/scratch`);
  const program = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-check", "--allow-all", PROGRAM],
      ...["decode", `${folder}/long.mp4`, `${folder}/scratch`, heed],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await untilProcesses(`${folder}/scratch`, "some", 60_000);
  return program;
}

Deno.test(
  "Ctrl-C leaves no process and no file behind",
  LINUX_ONLY,
  () =>
    withFolder(async (folder) => {
      const program = await startDecoding(folder, "yes");
      program.kill("SIGINT");
      assert.equal((await program.status).code, 130);
      assert.deepEqual(await videoProcesses(folder), []);
      assertEmpty(`${folder}/scratch`);
    }),
);

Deno.test(
  "a second Ctrl-C, for a program that heeds none, does neither",
  LINUX_ONLY,
  () =>
    withFolder(async (folder) => {
      const program = await startDecoding(folder, "no");
      assert.equal((await pressUntilGone(program)).code, 130);
      await untilProcesses(folder, "none", 20_000); // killed, but nobody waited until they were gone
      assertEmpty(`${folder}/scratch`);
    }),
);

Deno.test(
  "the processes of a killed program end with what they are at",
  LINUX_ONLY,
  () =>
    withFolder(async (folder) => {
      const program = await startDecoding(folder, "yes");
      program.kill("SIGKILL");
      await program.status;
      await untilProcesses(folder, "none", 20_000);
    }),
);

Deno.test("the last message of ffmpeg is the reason, without addresses, in old versions and new", () => {
  const last = (complaint: string) => lastWords(complaint, "/clips/a.avi");
  assert.equal(last("[mpeg4 @ 0x5588] header damaged\n"), "mpeg4: header damaged");
  assert.equal(last("file:/clips/a.avi: Invalid data found\n"), "Invalid data found");
  const speakers = "[vist#0:0/mpeg4 @ 0x558883a91580] [dec:mpeg4 @ 0x558883a91999]";
  assert.equal(
    last(`${speakers} Error submitting packet to decoder: Invalid data found
${speakers} Terminating thread with return code -1094995529 (Invalid data found)\n`),
    "dec:mpeg4: Error submitting packet to decoder: Invalid data found",
  );
  assert.equal(
    last(`${speakers} Terminating thread with return code -5 (Input/output error)`),
    "dec:mpeg4: Terminating thread with return code -5 (Input/output error)",
  );
  assert.equal(last(""), "");
});
