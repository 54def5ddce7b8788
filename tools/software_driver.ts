/**
 * Sets up what the tests of Dawn need beside a GPU: its package from npm, and a software driver with
 * subgroups and matrix units. Dawn takes none of Debian 12's drivers (Mesa 22.3 lacks dynamic indexing of
 * arrays of uniforms), so a newer Mesa is unpacked, with its own C library, in the user's cache folder; the
 * system stays as it is. Without them the tests are skipped, so that nothing here fails.
 *
 * ```sh
 * deno task setup:gpu [--driver]     # the driver only as the superuser, in CI, or when asked for
 * ```
 *
 * @module
 */

import { join } from "node:path";
import { userCacheFolder } from "../data/cache/user_cache.ts";
import { findProgram } from "../data/files/find_program.ts";
import { isFileSync } from "../data/files/is_file.ts";
import { isRoot } from "../data/files/install_plan.ts";

/** Debian's packages of the driver; the backports have Mesa 25 or newer. */
const PACKAGES = [
  "mesa-vulkan-drivers/trixie-backports",
  "libvulkan1",
  "libstdc++6",
  "libgcc-s1",
  "libc6",
];

const KEY = "/usr/share/keyrings/debian-archive-keyring.gpg";

const LIBRARIES = "root/usr/lib/x86_64-linux-gnu";

function say(text: string): void {
  console.error(`set-up: ${text}`);
}

/** The folder of the driver, the same for all checkouts of a user; null where there is no cache folder. */
function driverFolder(): string | null {
  const cache = userCacheFolder((name) =>
    name === "VIDEOMS_CACHE" ? undefined : Deno.env.get(name)
  );
  return cache === null ? null : join(cache, "mesa-trixie-backports");
}

/** A program that starts what its arguments say on the driver, or null if it is not there. */
export function driverProgram(): string | null {
  const folder = driverFolder();
  const program = folder === null ? null : join(folder, "with_driver");
  return program !== null && isFileSync(program) ? program : null;
}

/** Runs a program; throws what it wrote where it fails. */
async function run(program: string, ...args: string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    env: { DEBIAN_FRONTEND: "noninteractive" },
  }).output();
  if (code !== 0) throw new Error(`${program}: ${new TextDecoder().decode(stderr).trim()}`);
}

/** The mirror that the system takes its packages from. */
function mirror(): string {
  for (const { name } of Deno.readDirSync("/etc/apt/sources.list.d")) {
    const text = Deno.readTextFileSync(`/etc/apt/sources.list.d/${name}`);
    const found = /^URIs:\s*(\S+\/debian)\/?\s*$/m.exec(text);
    if (found) return found[1];
  }
  return "http://deb.debian.org/debian";
}

/** Options that keep apt-get within a folder: its lists, its state, and what it downloads. */
function aptOptions(folder: string): string[] {
  const options = {
    "Dir::Etc::sourcelist": `${folder}/sources.list`,
    "Dir::Etc::sourceparts": "/dev/null",
    "Dir::State::Lists": `${folder}/lists`,
    "Dir::State::status": `${folder}/status`,
    "Dir::Cache::Archives": `${folder}/archives`,
    "Dir::Cache::pkgcache": "",
    "Dir::Cache::srcpkgcache": "",
    "APT::Sandbox::User": "root",
    "Debug::NoLocking": "1",
  };
  return [
    "-qq",
    "-y",
    ...Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
  ];
}

/** Downloads the packages and unpacks them below `root`. */
async function unpackPackages(folder: string): Promise<void> {
  for (const part of ["lists/partial", "archives/partial", "root"]) {
    Deno.mkdirSync(join(folder, part), { recursive: true });
  }
  Deno.writeTextFileSync(join(folder, "status"), "");
  const sources = ["trixie", "trixie-backports"]
    .map((suite) => `deb [signed-by=${KEY}] ${mirror()} ${suite} main\n`);
  Deno.writeTextFileSync(join(folder, "sources.list"), sources.join(""));
  const options = aptOptions(folder);
  await run("apt-get", ...options, "update");
  const install = ["--no-install-recommends", "--download-only", "install"];
  await run("apt-get", ...options, ...install, ...PACKAGES);
  for (const { name } of Deno.readDirSync(join(folder, "archives"))) {
    if (!name.endsWith(".deb")) continue;
    await run("dpkg", "-x", join(folder, "archives", name), join(folder, "root"));
  }
  for (const part of ["lists", "archives"]) {
    Deno.removeSync(join(folder, part), { recursive: true });
  }
}

/** Writes the driver's manifest, with its library where it lies, and the program that starts others on it. */
function writeProgram(folder: string, home: string): void {
  const manifests = join(folder, "root/usr/share/vulkan/icd.d");
  const name =
    [...Deno.readDirSync(manifests)].find(({ name }) => /^lvp_icd.*json$/.test(name))!.name;
  const manifest = JSON.parse(Deno.readTextFileSync(join(manifests, name)));
  manifest.ICD.library_path = join(home, LIBRARIES, "libvulkan_lvp.so");
  Deno.writeTextFileSync(join(folder, "driver.json"), JSON.stringify(manifest));
  const libraries = join(home, LIBRARIES);
  const driver = join(home, "driver.json");
  const program = `#!/bin/sh
export VK_DRIVER_FILES='${driver}' VK_ICD_FILENAMES='${driver}' XDG_RUNTIME_DIR="\${XDG_RUNTIME_DIR:-/tmp}"
exec '${libraries}/ld-linux-x86-64.so.2' --library-path '${libraries}:${home}/root/usr/lib' "$@"
`;
  Deno.writeTextFileSync(join(folder, "with_driver"), program, { mode: 0o755 });
}

/** Unpacks the driver beside its place and moves it there, so that it is there as a whole or not at all. */
async function setUpDriver(home: string): Promise<void> {
  const folder = `${home}-${Deno.pid}`;
  try {
    await unpackPackages(folder);
    writeProgram(folder, home);
    Deno.renameSync(folder, home);
  } catch (error) {
    Deno.removeSync(folder, { recursive: true });
    throw error;
  }
}

/** Whether this machine can have the driver: Debian's package manager, and the processor it is taken for. */
function canHaveDriver(): boolean {
  return Deno.build.target === "x86_64-unknown-linux-gnu" && isFileSync(KEY) &&
    findProgram("apt-get") !== null && findProgram("dpkg") !== null;
}

/** Runs a part of the set-up, and tells how long it took or why it failed. */
async function attempt(what: string, work: () => Promise<void>): Promise<void> {
  const start = performance.now();
  try {
    say(`${what} …`);
    await work();
    say(`done after ${Math.round((performance.now() - start) / 1000)} s`);
  } catch (error) {
    say(`${what} failed, so that tests of it are skipped: ${(error as Error).message}`);
  }
}

if (import.meta.main) {
  const dawn = new URL("./dawn", import.meta.url).pathname;
  if (!isFileSync(`${dawn}/node_modules/webgpu/index.js`)) {
    await attempt(
      "installing Dawn",
      () =>
        new Deno.Command(Deno.execPath(), { args: ["install", "--frozen", "-q"], cwd: dawn })
          .output().then(({ success, stderr }) => {
            if (!success) throw new Error(new TextDecoder().decode(stderr).trim());
          }),
    );
  }
  const isAsked = Deno.args.includes("--driver") || Boolean(Deno.env.get("CI")) || isRoot();
  const home = driverFolder();
  if (isAsked && home !== null && driverProgram() === null && canHaveDriver()) {
    await attempt("fetching a software driver for tests of Dawn", () => setUpDriver(home));
  }
}
