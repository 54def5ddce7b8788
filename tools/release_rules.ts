/**
 * What a release changes: versions and the changelog, as texts.
 *
 * @module
 */

const SEMVER = /^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?$/;

const UNRELEASED = "## [Unreleased]";

/** Refuses with one line. */
function refuse(rule: string, got: string): never {
  throw new Error(`Cannot release: ${rule}, got ${got}`);
}

function parts(version: string): [number[], string] {
  const match = SEMVER.exec(version);
  if (!match) refuse("the version must be of the form 1.2.3 or 1.2.3-rc.1", `"${version}"`);
  return [match.slice(1, 4).map(Number), match[4] ?? ""];
}

/** Whether a version comes after another; one with a suffix comes before the one without. */
export function isLater(version: string, than: string): boolean {
  const [a, aSuffix] = parts(version);
  const [b, bSuffix] = parts(than);
  const at = a.findIndex((part, i) => part !== b[i]);
  if (at !== -1) return a[at] > b[at];
  if (aSuffix === bSuffix) return false;
  if (aSuffix === "" || bSuffix === "") return aSuffix === "";
  return aSuffix.localeCompare(bSuffix, "en", { numeric: true }) > 0;
}

/**
 * The version that all packages share.
 *
 * @param configurations texts of deno.json files, by path
 * @throws {Error} that names files which differ
 */
export function commonVersion(configurations: ReadonlyMap<string, string>): string {
  const versions = [...configurations].map(([path, text]) =>
    [path, String(JSON.parse(text).version)] as const
  );
  const [[, version]] = versions;
  const others = versions.filter(([, other]) => other !== version);
  if (others.length > 0) {
    refuse(
      `all packages must have the version ${version} of ${versions[0][0]}`,
      others.map(([path, other]) => `${other} in ${path}`).join(", "),
    );
  }
  return version;
}

/** A configuration, or the file by which one cites, with another version; the rest stays as it is, byte for byte. */
export function withVersion(text: string, version: string): string {
  return text.replace(/("version": "|^version: )[^"\n]*/m, `$1${version}`);
}

/** The entries of a section of a changelog, without its title. */
function sectionOf(changelog: string, title: string): string | null {
  const start = changelog.indexOf(title);
  if (start === -1) return null;
  const rest = changelog.slice(start + title.length);
  const end = rest.search(/^## \[/m);
  return (end === -1 ? rest : rest.slice(0, end)).replace(/^.*\n/, "");
}

/**
 * A changelog whose unreleased changes are those of a version; a new, empty section follows for what
 * comes next.
 *
 * @param date of the release, 2026-01-31
 * @throws {Error} if nothing is listed, or the version is there already
 */
export function releasedChangelog(changelog: string, version: string, date: string): string {
  if (changelog.includes(`## [${version}]`)) {
    refuse("CHANGELOG.md must not have the version yet", version);
  }
  const changes = sectionOf(changelog, UNRELEASED);
  if (changes === null) refuse(`CHANGELOG.md must have a section ${UNRELEASED}`, "none");
  if (!/^- /m.test(changes)) {
    refuse("CHANGELOG.md must list what has changed", "nothing unreleased");
  }
  const title = `## [${version}] - ${date}`;
  return changelog.replace(UNRELEASED, `${UNRELEASED}\n\n${title}`);
}
