/**
 * Finds what a run or the tests take from the machine, installs it where that needs no person, and
 * otherwise prints the command to run. It says nothing when everything is there.
 *
 * ```sh
 * deno task setup --for=run|test [--no-install]     # VIDEOMS_NO_INSTALL=1 is the same
 * ```
 *
 * @module
 */

import { findProgram, pathProblem } from "../data/files/find_program.ts";
import {
  asSuperuser,
  findManager,
  installPlan,
  isRoot,
  type Machine,
} from "../data/files/install_plan.ts";
import { missingNeeds, type Need, type Purpose, REQUIREMENTS } from "../data/files/requirements.ts";

function say(text: string): void {
  console.error(`set-up: ${text}`);
}

/** Runs a command with its output on standard error; tells whether it worked. */
async function succeeds(command: readonly string[], quiet = false): Promise<boolean> {
  const [program, ...args] = command;
  try {
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      env: { DEBIAN_FRONTEND: "noninteractive" },
    }).output();
    // Package managers talk much; only a failure is worth reading.
    if (code !== 0 && !quiet) {
      for (const text of [stdout, stderr]) Deno.stderr.writeSync(text);
    }
    return code === 0;
  } catch {
    return false; // not there, or no permission
  }
}

/** Whether apt-get has never fetched its lists, as in fresh container images. */
function hasNoLists(): boolean {
  try {
    const files = [...Deno.readDirSync("/var/lib/apt/lists")];
    return !files.some(({ name }) => /_Packages(\.|$)/.test(name));
  } catch {
    return true;
  }
}

/** Installs by a plan's command; lists of packages are fetched first only if there are none or stale. */
async function install(command: readonly string[], machine: Machine): Promise<boolean> {
  if (machine.manager !== "apt-get") return await succeeds(command);
  const update = ["apt-get", "update", "-qq"];
  const refresh = () => succeeds(machine.root ? update : asSuperuser(update));
  if (!hasNoLists() && await succeeds(command, true)) return true;
  return await refresh() && await succeeds(command);
}

async function describeMachine(): Promise<Machine> {
  const root = isRoot();
  const manager = findManager();
  const sudo = manager === "apt-get" && !root && findProgram("sudo") !== null &&
    await succeeds(["sudo", "-n", "true"], true);
  return { manager, root, sudo };
}

function titles(needs: readonly Need[]): string {
  return needs.map((need) => REQUIREMENTS[need].title).join(", ");
}

/** Says what is still missing; true if the purpose can go on without it. */
function report(missing: readonly Need[], machine: Machine): boolean {
  for (const need of missing) {
    const { title, cost, link } = REQUIREMENTS[need];
    const { advice } = installPlan([need], machine);
    const how = advice ? `install it with: ${advice}` : `see ${link}`;
    say(`${title}: missing, ${cost}; ${how}`);
  }
  const required = requiredOf(missing);
  if (required.length === 0) return true;
  say(
    `Cannot go on: ${titles(required)} must be there. A program elsewhere than on the PATH can be`,
  );
  say("named in the environment variables FFMPEG and FFPROBE.");
  return false;
}

/** Installs some needs and says how it went; does nothing where a person is needed. */
async function installNeeds(needs: readonly Need[], machine: Machine): Promise<void> {
  const { command } = installPlan(needs, machine);
  if (!command) return;
  say(`installing ${titles(needs)} with ${machine.manager} (a minute or two, once) …`);
  const start = performance.now();
  const worked = await install(command, machine);
  const seconds = Math.round((performance.now() - start) / 1000);
  say(worked ? `done after ${seconds} s` : `failed after ${seconds} s: ${command.join(" ")}`);
}

function requiredOf(needs: readonly Need[]): Need[] {
  return needs.filter((need) => REQUIREMENTS[need].required);
}

/** Meets the needs of a purpose as far as it can; true if the purpose can go on. */
async function setUp(purpose: Purpose, mayInstall: boolean): Promise<boolean> {
  const problem = pathProblem("FFMPEG") ?? pathProblem("FFPROBE");
  if (problem !== null) {
    say(`Cannot go on: ${problem}`);
    return false;
  }
  const missing = missingNeeds(purpose);
  if (missing.length === 0) return true;
  const machine = await describeMachine();
  if (mayInstall) {
    await installNeeds(missing, machine);
    // A package that only helps must not keep away one that is needed.
    const required = requiredOf(missingNeeds(purpose));
    if (required.length > 0 && required.length < missing.length) {
      await installNeeds(required, machine);
    }
  }
  return report(missingNeeds(purpose), machine);
}

if (import.meta.main) {
  const purpose: Purpose = Deno.args.includes("--for=test") ? "test" : "run";
  const mayInstall = !Deno.args.includes("--no-install") &&
    !["1", "true"].includes(Deno.env.get("VIDEOMS_NO_INSTALL") ?? "");
  if (!await setUp(purpose, mayInstall)) Deno.exit(1);
}
