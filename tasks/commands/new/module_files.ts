import { fileURLToPath } from "node:url";
import { relative } from "node:path";
import { currentVersions } from "../../runs/folder/versions.ts";
import { type ModuleNames, moduleNames } from "./module_names.ts";
import { BACKBONE_TEMPLATE } from "./templates/backbone_template.ts";
import { DATASET_TEMPLATE } from "./templates/dataset_template.ts";
import { FRAMES_TEMPLATE } from "./templates/frames_template.ts";
import { MASKING_TEMPLATE } from "./templates/masking_template.ts";
import { OBJECTIVE_TEMPLATE } from "./templates/objective_template.ts";
import { type Template, withNames } from "./templates/template.ts";

const TEMPLATES = {
  masking: MASKING_TEMPLATE,
  frames: FRAMES_TEMPLATE,
  objective: OBJECTIVE_TEMPLATE,
  backbone: BACKBONE_TEMPLATE,
  dataset: DATASET_TEMPLATE,
} as const satisfies Record<string, Template>;

/** Kinds of modules that can be made. */
export const MODULE_KINDS = Object.keys(TEMPLATES) as readonly ModuleKind[];

/** A kind of module that can be made. */
export type ModuleKind = keyof typeof TEMPLATES;

/** What a new module is made from. */
export interface ModuleRequest {
  kind: ModuleKind;
  /** Words of small letters, joined by `_` or `-`. */
  name: string;
  /** Scope of the package: `@me`. */
  scope: string;
  /** Folder that it is going to lie in. */
  folder: string;
}

/** All packages: a task file imports the last of them, which imports the others. */
const PACKAGES = ["core", "masking", "models", "data", "tasks"];

/** This checkout's packages as seen from a folder; none if they come from a registry. */
function linksFrom(folder: string): string[] {
  const root = new URL("../../../", import.meta.url);
  if (root.protocol !== "file:") return [];
  return PACKAGES.map((name) => relative(folder, fileURLToPath(new URL(name, root))));
}

function configuration({ folder, scope }: ModuleRequest, names: ModuleNames, template: Template) {
  const version = currentVersions().videoms;
  const imports = PACKAGES.map((name) => [
    `@videoms/${name}`,
    `jsr:@videoms/${name}@^${version}`,
  ]);
  const links = linksFrom(folder);
  const allowed = template.permissions.map((permission) => `--allow-${permission}`).join(" ");
  return {
    name: `${scope}/${names.plugin}`,
    version: "0.1.0",
    license: "MIT",
    exports: "./mod.ts",
    imports: {
      ...Object.fromEntries(imports),
      "@tensorflow/tfjs-core": "npm:@tensorflow/tfjs-core@4.22.0",
    },
    // Packages of a checkout, in place of those of the registry; the registry leaves this out.
    ...(links.length > 0 ? { links } : {}),
    tasks: {
      test: `deno test ${allowed}`,
      ok:
        `deno fmt --check && deno lint && deno check && deno task -q test && deno publish --dry-run --allow-dirty`,
    },
    publish: { include: ["mod.ts", "README.md", "LICENSE", "deno.json"] },
    allowScripts: { deny: ["npm:core-js"] },
    fmt: { lineWidth: 100 },
  };
}

function taskFile({ value }: ModuleNames, { task }: Template, kind: ModuleKind): string {
  const dataset = kind === "dataset" ? "" : "  data: { dataset: shapes(), samplingRate: 2 },\n";
  const backbone = kind === "backbone" ? `    backbone: ${value}(),\n` : "";
  const shapesImport = kind === "dataset" ? "" : 'import { shapes } from "@videoms/data";\n';
  return `/**
 * A small pre-training that uses the module; minutes on a CPU.
 *
 * @module
 */

${shapesImport}import { definePretrain, type PretrainTask } from "@videoms/tasks";
import { ${value} } from "./mod.ts";

export { ${value} }; // what a task file exports can be named by runs

const task: PretrainTask = definePretrain({
  name: "my-module/pretrain",
  model: {
${backbone}    width: 128,
    depth: 4,
    heads: 4,
    decoderWidth: 64,
    decoderDepth: 2,
    decoderHeads: 2,
    imageSize: 64,
    patchSize: 8,
  },
${dataset}${task}  optimizer: { lr: 1e-2, minLr: 1e-4, warmupEpochs: 0.5 },
  epochs: 5,
  batch: 16,
});

export default task;
`;
}

function readme(request: ModuleRequest, names: ModuleNames, { what, flags }: Template): string {
  return `# ${request.scope}/my-module

${what[0].toUpperCase()}${what.slice(1)} for [VideoMS](https://jsr.io/@videoms).

\`\`\`ts
import { ${names.value} } from "${request.scope}/my-module";

console.log(${names.value}());
\`\`\`

In this folder:

\`\`\`sh
deno task test    # against the conformance suite
deno task ok      # everything that publishing needs
deno publish
\`\`\`

In a checkout of VideoMS:

\`\`\`sh
deno task pretrain path/to/my_module/task.ts
deno task pretrain --plugin path/to/my_module/mod.ts ${flags}
\`\`\`
`;
}

/** The MIT licence's text, as every package of a registry should have one. */
function licence(): string {
  return `MIT License

Copyright (c) ${new Date().getFullYear()} the authors

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`;
}

/**
 * The files of a new module, by name: source with documentation, a test against the conformance suite,
 * `deno.json` ready to publish, a task file, README and licence.
 *
 * @throws {RangeError} for a name or scope that cannot be
 */
export function moduleFiles(request: ModuleRequest): Map<string, string> {
  const names = moduleNames(request.name);
  if (!/^@[a-z][a-z0-9-]*$/.test(request.scope)) {
    throw new RangeError(
      `Cannot make a module: its scope must be "@" and small letters, got "${request.scope}"`,
    );
  }
  const template = TEMPLATES[request.kind];
  const files = {
    "mod.ts": `/**
 * ${template.what[0].toUpperCase()}${template.what.slice(1)} for VideoMS.
 *
 * @module
 */

${template.source}`,
    "mod_test.ts": template.test,
    "task.ts": taskFile(names, template, request.kind),
    "README.md": readme(request, names, template),
    "LICENSE": licence(),
    "deno.json": JSON.stringify(configuration(request, names, template), null, 2) + "\n",
  };
  return new Map(
    Object.entries(files).map(([name, text]) => [name, withNames(text, names)]),
  );
}
