/**
 * Prepares a release: all packages get one version, and the changelog's unreleased changes become its own.
 *
 * ```sh
 * deno task release 0.2.0              # writes; then commit, tag and publish as it says
 * deno task release 0.2.0 --dry-run    # says what it would write
 * ```
 *
 * @module
 */

import { parseArgs } from "node:util";
import { join, resolve } from "node:path";
import { commonVersion, isLater, releasedChangelog, withVersion } from "./release_rules.ts";

const root = resolve(import.meta.dirname!, "..");

const CONFIGURATIONS = ["", "core", "masking", "models", "data", "studio", "tasks"]
  .map((folder) => join(folder, "deno.json"));

const CITATION = "CITATION.cff";

/** What a release writes, by path. */
async function releaseFiles(version: string, date: string): Promise<Map<string, string>> {
  const read = (path: string) => Deno.readTextFile(join(root, path));
  const configurations = new Map<string, string>();
  for (const path of CONFIGURATIONS) configurations.set(path, await read(path));
  const current = commonVersion(configurations);
  const changelog = await read("CHANGELOG.md");
  // The first release has the version that was worked towards.
  const isFirst = version === current && !/^## \[\d/m.test(changelog);
  if (!isFirst && !isLater(version, current)) {
    throw new Error(`Cannot release: the version must come after ${current}, got ${version}`);
  }
  const files = new Map([["CHANGELOG.md", releasedChangelog(changelog, version, date)]]);
  for (const [path, text] of configurations) files.set(path, withVersion(text, version));
  files.set(CITATION, withVersion(await read(CITATION), version));
  return files;
}

if (import.meta.main) {
  try {
    const { values, positionals } = parseArgs({
      options: { "dry-run": { type: "boolean" } },
      allowPositionals: true,
    });
    const [version] = positionals;
    if (positionals.length !== 1) {
      throw new Error(`Cannot release: one version must be given, got ${positionals.length}`);
    }
    const files = await releaseFiles(version, new Date().toISOString().slice(0, 10));
    for (const [path, text] of files) {
      if (!values["dry-run"]) await Deno.writeTextFile(join(root, path), text);
      console.log(`${values["dry-run"] ? "would write" : "wrote"} ${path}`);
    }
    console.log(
      `Next: deno task ok && git commit -am "Release ${version}" && git tag v${version} && git push --tags, ` +
        "then deno publish in core, masking, models, data, studio, tasks and here, in this order",
    );
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
