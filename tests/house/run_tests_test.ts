import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { abortedAtEnd, summaryLine, testCounts } from "../../tools/test_summary.ts";

const RUN_TESTS = fileURLToPath(new URL("../../tools/run_tests.ts", import.meta.url));

Deno.test("tests: counts are those of the last summary, and a process that broke off counts", () => {
  const output = "a ... ok (1ms)\n\nok | 12 passed (3 steps) | 0 failed | 1 ignored (2s)\n\n";
  assert.deepEqual(testCounts(output, 0), { passed: 12, failed: 0, ignored: 1 });
  assert.ok(abortedAtEnd(output, "SIGABRT"));
  assert.ok(abortedAtEnd(output, "SIGSEGV"));
  assert.ok(!abortedAtEnd(output, null) && !abortedAtEnd("Killed", "SIGABRT"));
  const bad = "FAILED | 5 passed | 2 failed (1 step) | 3 ignored (1m32s)\n\nerror: Test failed\n";
  assert.deepEqual(testCounts(bad, 1), { passed: 5, failed: 2, ignored: 3 });
  assert.deepEqual(testCounts(output, 1), { passed: 12, failed: 1, ignored: 1 });
  assert.deepEqual(testCounts("error: Module not found\n", 1), {
    passed: 0,
    failed: 1,
    ignored: 0,
  });
  assert.ok(!abortedAtEnd(bad, "SIGABRT"));
  const both = [testCounts(output, 0), testCounts(bad, 1)];
  assert.equal(summaryLine(both, 61.2), "FAILED | 17 passed | 2 failed | 4 ignored (1m1s)");
  assert.equal(
    summaryLine([testCounts("ok | 1 passed | 0 failed (2ms)", 0)], 2),
    "ok | 1 passed | 0 failed (0m2s)",
  );
});

Deno.test("tests: files are run side by side, each fault is told and counted", async () => {
  const folder = await Deno.makeTempDir();
  const run = async (...args: string[]) => {
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", RUN_TESTS, "--no-check", ...args],
      cwd: folder,
      env: { NO_COLOR: "1", DENO_JOBS: "2" },
    }).output();
    return { code, output: new TextDecoder().decode(stdout).trim() };
  };
  try {
    const meeting = (own: string, other: string) =>
      `Deno.test("${own} meets ${other}", async () => {
        await Deno.writeTextFile("${own}", "");
        for (let i = 0; i < 6000; i++) {
          if ([...Deno.readDirSync(".")].some(({ name }) => name === "${other}")) return;
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
        throw new Error("it ran alone");
      });`;
    await Deno.writeTextFile(`${folder}/a_test.ts`, meeting("a", "b"));
    await Deno.writeTextFile(`${folder}/b_test.ts`, meeting("b", "a"));
    const sound = await run("--allow-read", "--allow-write", "a_test.ts", "b_test.ts");
    assert.equal(sound.code, 0, sound.output);
    assert.match(sound.output, /\nok \| 2 passed \| 0 failed \(.*\)$/);

    await Deno.writeTextFile(`${folder}/c_test.ts`, `import "./missing.ts";`);
    await Deno.writeTextFile(
      `${folder}/d_test.ts`,
      `Deno.test("fails", () => { throw new Error("a reason"); });
       Deno.test.ignore("is not run", () => {});`,
    );
    const broken = await run(".");
    assert.equal(broken.code, 1);
    assert.match(broken.output, /FAILED: .*c_test\.ts \(exit code 1\)/);
    assert.match(broken.output, /a reason/);
    assert.match(broken.output, /\nFAILED \| 0 passed \| 4 failed \| 1 ignored \(.*\)$/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
