import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { docProblems } from "../../tools/doc_rules.ts";
import {
  commonVersion,
  isLater,
  releasedChangelog,
  withVersion,
} from "../../tools/release_rules.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

Deno.test("versions are ordered as Semantic Versioning says", () => {
  const ascending = ["0.1.0-rc.2", "0.1.0-rc.10", "0.1.0", "0.1.1", "0.2.0", "1.0.0", "10.0.0"];
  ascending.forEach((version, i) =>
    ascending.forEach((other, j) => assert.equal(isLater(version, other), i > j))
  );
  assert.throws(() => isLater("1.2", "1.0.0"), /form 1\.2\.3.*got "1\.2"/);
});

Deno.test("a release takes over what was unreleased, and needs something to take over", () => {
  const changelog =
    "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- One.\n\n## [0.1.0] - 2026-01-01\n";
  const released = releasedChangelog(changelog, "0.2.0", "2026-02-03");
  assert.equal(
    released,
    "# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-02-03\n\n### Added\n\n- One.\n\n" +
      "## [0.1.0] - 2026-01-01\n",
  );
  assert.throws(() => releasedChangelog(released, "0.3.0", "2026-02-04"), /nothing unreleased/);
  assert.throws(() => releasedChangelog(changelog, "0.1.0", "2026-02-04"), /not have the version/);
  assert.throws(() => releasedChangelog("# Changes\n", "0.1.0", "2026-02-04"), /section/);
});

Deno.test("packages are versioned together", async () => {
  const files = ["", "core/", "masking/", "models/", "data/", "studio/", "tasks/"].map((one) =>
    `${one}deno.json`
  );
  const texts = new Map<string, string>();
  for (const file of files) texts.set(file, await Deno.readTextFile(root + file));
  const version = commonVersion(texts);
  for (const text of texts.values()) {
    const changed = withVersion(text, "9.9.9");
    assert.equal(JSON.parse(changed).version, "9.9.9");
    assert.equal(withVersion(changed, version), text);
  }
  const citation = await Deno.readTextFile(`${root}CITATION.cff`);
  assert.match(citation, new RegExp(`^version: ${version}$`, "m"));
  const cited = withVersion(citation, "9.9.9");
  assert.match(cited, /^cff-version: 1\.2\.0$[^]*^version: 9\.9\.9$/m);
  assert.equal(withVersion(cited, version), citation);
  texts.set("data/deno.json", withVersion(texts.get("data/deno.json")!, "0.0.1"));
  assert.throws(
    () => commonVersion(texts),
    /must have the version .* got 0\.0\.1 in data\/deno\.json/,
  );
});

Deno.test("workflows and forms name tasks that there are, and the Deno that the README names", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  const readme = await Deno.readTextFile(`${root}README.md`);
  const [, deno] = /npx -y deno@(\S+)/.exec(readme)!;
  const files = ["workflows/gate.yml", "workflows/publish.yml", "ISSUE_TEMPLATE/bug.yml"];
  for (const file of [...files, "ISSUE_TEMPLATE/idea.yml", "pull_request_template.md"]) {
    const text = await Deno.readTextFile(`${root}.github/${file}`);
    const named = [...text.matchAll(/deno task ([a-z:-]+)/g)].map(([, name]) => name);
    assert.deepEqual(named.filter((name) => !Object.hasOwn(tasks, name)), [], file);
    const versions = [...text.matchAll(/deno-version: v(\S+)/g)].map(([, version]) => version);
    assert.ok(versions.every((version) => version === deno), `${file} must have Deno ${deno}`);
  }
});

Deno.test("the release task says what it would write, and writes nothing", async () => {
  const run = (...args: string[]) =>
    new Deno.Command(Deno.execPath(), {
      args: ["task", "-q", "release", ...args],
      cwd: root,
    }).output();
  const before = await Deno.readTextFile(`${root}CHANGELOG.md`);
  const { code, stdout } = await run("99.0.0", "--dry-run");
  assert.equal(code, 0);
  assert.match(new TextDecoder().decode(stdout), /would write CHANGELOG\.md[^]*tasks\/deno\.json/);
  assert.equal(await Deno.readTextFile(`${root}CHANGELOG.md`), before);
  const old = await run("0.0.1", "--dry-run");
  assert.equal(old.code, 1);
  assert.match(new TextDecoder().decode(old.stderr), /must come after .*, got 0\.0\.1/);
});

Deno.test("findings about types of TensorFlow.js are not ours to mend, all others are", () => {
  const finding = (what: string) =>
    `error[private-type-ref]: public type 'a' references ${what}\n --> x\n\n`;
  const ours = "error[missing-jsdoc]: exported symbol is missing JSDoc documentation\n --> y";
  const member = ours.replace("y", "z:2:3\n  |\n2 |   signal?: AbortSignal;\n  |   ^");
  const symbol = ours.replace("y", "z:1:1\n  |\n1 | export interface Options {\n  | ^");
  const output = finding("private type 'Tensor3D'") + finding("private type 'Own'") +
    [ours, member, symbol].join("\n\n") + "\n\n";
  assert.deepEqual(docProblems(output), [finding("private type 'Own'").trim(), ours, symbol]);
});
