import assert from "node:assert/strict";
import { installPlan, type Machine } from "../../data/files/install_plan.ts";

const ROOT = new URL("../../", import.meta.url);
const DEBIAN: Machine = { manager: "apt-get", root: true, sudo: false };

Deno.test("set-up: on Debian the superuser installs everything in one call without questions", () => {
  const { command } = installPlan(["ffmpeg", "blas", "vulkan"], DEBIAN);
  assert.equal(command?.slice(0, 2).join(" "), "apt-get install");
  assert.ok(command?.includes("-y") && command.includes("--no-install-recommends"));
  const packages = ["ffmpeg", "libopenblas0-pthread", "mesa-vulkan-drivers", "libvulkan1"];
  assert.deepEqual(command?.slice(-4), packages);
});

Deno.test("set-up: on Debian others are told the command, and sudo is used only if it never asks", () => {
  const user = installPlan(["ffmpeg"], { ...DEBIAN, root: false });
  assert.equal(user.command, null);
  assert.equal(
    user.advice,
    "sudo apt-get update && sudo apt-get install -y --no-install-recommends ffmpeg",
  );
  const withSudo = installPlan(["ffmpeg"], { ...DEBIAN, root: false, sudo: true });
  assert.deepEqual(withSudo.command?.slice(0, 2), ["sudo", "-n"]);
});

Deno.test("set-up: on macOS Homebrew installs ffmpeg, never as the superuser", () => {
  const machine: Machine = { manager: "brew", root: false, sudo: false };
  assert.deepEqual(installPlan(["ffmpeg"], machine).command, ["brew", "install", "ffmpeg"]);
  assert.equal(installPlan(["ffmpeg"], machine).advice, "brew install ffmpeg");
  assert.equal(installPlan(["ffmpeg"], { ...machine, root: true }).command, null);
});

Deno.test("set-up: an unknown system gets no command, and a link in its place", async () => {
  const { output } = await setUp({ PATH: "" }, "--for=run", "--no-install");
  assert.match(output, /see https:\/\/ffmpeg\.org/);
  const unknown = installPlan(["ffmpeg"], { manager: null, root: true, sudo: true });
  assert.deepEqual(unknown, { advice: null, command: null });
});

/** Runs the set-up on a machine whose PATH holds nothing. */
async function setUp(env: Record<string, string>, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-q", "--allow-read", "--allow-env", "--allow-sys=uid"],
      new URL("tools/setup.ts", ROOT).href,
      ...args,
    ],
    env: { FFMPEG: "", FFPROBE: "", VK_DRIVER_FILES: "", NO_COLOR: "1", ...env },
  }).output();
  const text = new TextDecoder();
  return { code, output: text.decode(stdout) + text.decode(stderr) };
}

Deno.test("set-up: without ffmpeg it fails and says what is missing", async () => {
  const { code, output } = await setUp({ PATH: "" }, "--for=run", "--no-install");
  assert.equal(code, 1);
  assert.match(output, /ffmpeg and ffprobe: missing/);
});

Deno.test("set-up: FFMPEG and FFPROBE stand for programs outside the PATH; it then says nothing of ffmpeg", async () => {
  const programs = { FFMPEG: Deno.execPath(), FFPROBE: Deno.execPath() };
  const { code, output } = await setUp({ PATH: "", ...programs }, "--for=run", "--no-install");
  assert.equal(code, 0);
  assert.doesNotMatch(output, /ffmpeg/);
});

Deno.test("set-up: a missing Vulkan driver is named for tests only, and stops nothing", async () => {
  const env = {
    VK_DRIVER_FILES: "/nonexistent.json",
    FFMPEG: Deno.execPath(),
    FFPROBE: Deno.execPath(),
  };
  const forTest = await setUp(env, "--for=test", "--no-install");
  assert.equal(forTest.code, 0);
  if (Deno.build.os === "linux") assert.match(forTest.output, /Vulkan/);
  assert.doesNotMatch((await setUp(env, "--for=run", "--no-install")).output, /Vulkan/);
});
