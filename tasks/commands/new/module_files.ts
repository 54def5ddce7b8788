import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { currentVersions } from "../../runs/folder/versions.ts";
import { moduleNames } from "./module_names.ts";
import augmentationTest from "./templates/augmentation/mod_checks.ts" with { type: "text" };
import augmentation from "./templates/augmentation/mod.ts" with { type: "text" };
import optimizerTest from "./templates/optimizer/mod_checks.ts" with { type: "text" };
import optimizer from "./templates/optimizer/mod.ts" with { type: "text" };
import positionsTest from "./templates/positions/mod_checks.ts" with { type: "text" };
import positions from "./templates/positions/mod.ts" with { type: "text" };
import scheduleTest from "./templates/schedule/mod_checks.ts" with { type: "text" };
import schedule from "./templates/schedule/mod.ts" with { type: "text" };
import tokensTest from "./templates/tokens/mod_checks.ts" with { type: "text" };
import tokens from "./templates/tokens/mod.ts" with { type: "text" };
import backboneTest from "./templates/backbone/mod_checks.ts" with { type: "text" };
import backbone from "./templates/backbone/mod.ts" with { type: "text" };
import datasetTest from "./templates/dataset/mod_checks.ts" with { type: "text" };
import dataset from "./templates/dataset/mod.ts" with { type: "text" };
import framesTest from "./templates/frames/mod_checks.ts" with { type: "text" };
import frames from "./templates/frames/mod.ts" with { type: "text" };
import licence from "./templates/LICENSE" with { type: "text" };
import loggerTest from "./templates/logger/mod_checks.ts" with { type: "text" };
import logger from "./templates/logger/mod.ts" with { type: "text" };
import maskingTest from "./templates/masking/mod_checks.ts" with { type: "text" };
import masking from "./templates/masking/mod.ts" with { type: "text" };
import objectiveTest from "./templates/objective/mod_checks.ts" with { type: "text" };
import objective from "./templates/objective/mod.ts" with { type: "text" };
import readme from "./templates/README.md.template" with { type: "text" };
import task from "./templates/task.ts" with { type: "text" };

/** What differs between the kinds of modules; all are written for a plugin that is called `my-module`. */
interface Template {
  readonly what: string;
  readonly source: string;
  readonly test: string;
  /** Changes of the task file, which is written for a masking strategy. */
  readonly task: readonly (readonly [from: string, to: string])[];
  /** How a run is told to use it, beside `--plugin`. */
  readonly flags: string;
  /** Kind of its task. @default "pretrain" */
  readonly trains?: "finetune";
  /** Permissions of its test. @default those of tests that compute on every backend */
  readonly permissions?: string;
}

/** What makes a fine-tuning of the task file and what is said of it. */
const FINETUNING = [
  ["definePretrain", "defineFinetune"],
  ["PretrainTask", "FinetuneTask"],
  ["pre-training", "fine-tuning"],
  ["my-module/pretrain", "my-module/finetune"],
  ["task pretrain", "task finetune"],
] as const;

const IN_MASKING = "  masking: myModule(),\n";

/** What tests need that compute on every backend: wasm files, BLAS and the system's name. */
const DEVICE_PERMISSIONS = "--allow-read --allow-env --allow-sys --allow-ffi";

/** ffmpeg and ffprobe, or what a user has in their place, for the shell of `deno task`; a variable may be empty. */
const PROGRAMS = `$(deno eval -q 'console.log(["FFMPEG", "FFPROBE"].map((name) => ` +
  "Deno.env.get(name) || name.toLowerCase()).join())')";

/** A kind that a part of the task file names; the model's fields have lines of their own there. */
function partTemplate(
  part: "model" | "optimizer",
  field: string,
  what: string,
  source: string,
  test: string,
): Template {
  const start = `  ${part}: {`;
  const named = `${start}${part === "model" ? "\n    " : " "}${field}: myModule(),`;
  const task = [[IN_MASKING, ""], [start, named]] as const;
  return { what, source, test, task, flags: `--set ${part}.${field}=my-module` };
}

/** A kind that a task file names in a field of its own, and a command line by a flag. */
function namedTemplate(kind: string, what: string, source: string, test: string): Template {
  const task = [[IN_MASKING, `  ${kind}: myModule(),\n`]] as const;
  return { what, source, test, task, flags: `--${kind} my-module` };
}

const TEMPLATES = {
  masking: namedTemplate("masking", "A masking strategy", masking, maskingTest),
  frames: namedTemplate("frames", "A frame selector", frames, framesTest),
  objective: namedTemplate("objective", "An objective", objective, objectiveTest),
  backbone: partTemplate("model", "backbone", "A backbone", backbone, backboneTest),
  positions: partTemplate("model", "positions", "Positions", positions, positionsTest),
  optimizer: partTemplate("optimizer", "method", "An optimiser", optimizer, optimizerTest),
  schedule: {
    ...partTemplate("optimizer", "schedule", "A schedule", schedule, scheduleTest),
    permissions: "--allow-read --allow-env",
  },
  augmentation: {
    ...namedTemplate("augmentation", "An augmentation", augmentation, augmentationTest),
    flags: "--set augmentation=my-module",
    trains: "finetune",
    permissions: "--allow-read --allow-env",
  },
  tokens: {
    ...namedTemplate("tokens", "A token selection", tokens, tokensTest),
    flags: "--set tokens=my-module",
    trains: "finetune",
  },
  logger: {
    ...namedTemplate("logger", "A logger", logger, loggerTest),
    permissions: "--allow-read --allow-write",
  },
  dataset: {
    what: "A data set",
    source: dataset,
    test: datasetTest,
    task: [
      [IN_MASKING, ""],
      ['import { shapes } from "@videoms/data";\n', ""],
      ["shapes()", 'myModule({ dir: "videos" })'],
    ],
    flags: "--set data.dataset=my-module --set data.dataset.dir=<folder>",
    permissions: `--allow-read --allow-write --allow-env "--allow-run=${PROGRAMS}"`,
  },
} satisfies Record<string, Template>;

export type ModuleKind = keyof typeof TEMPLATES;

export const MODULE_KINDS = Object.keys(TEMPLATES) as readonly ModuleKind[];

/** The command that trains by the task file of a module. */
export function trainingCommand(kind: ModuleKind): "pretrain" | "finetune" {
  const template: Template = TEMPLATES[kind];
  return template.trains ?? "pretrain";
}

export interface ModuleRequest {
  kind: ModuleKind;
  name: string;
  /** Scope of the package: `@me`. */
  scope: string;
  /** Folder that it is going to lie in. */
  folder: string;
}

/** All packages: a task file imports the last of them, which imports the others. */
const PACKAGES = ["core", "masking", "models", "data", "studio", "tasks"];

/** This checkout's packages as seen from a folder; none if they come from a registry. */
function linksFrom(folder: string): string[] {
  const root = new URL("../../../", import.meta.url);
  if (root.protocol !== "file:") return [];
  return PACKAGES.map((name) => relative(folder, fileURLToPath(new URL(name, root))));
}

function configuration(folder: string, { permissions = DEVICE_PERMISSIONS }: Template) {
  const version = currentVersions().videoms;
  const imports = PACKAGES.map((name) => [`@videoms/${name}`, `jsr:@videoms/${name}@^${version}`]);
  const links = linksFrom(folder);
  return {
    name: "@scope/my-module",
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
      test: `deno test ${permissions}`,
      // Types are checked once: each check goes through all of VideoMS.
      ok: "deno fmt --check && deno lint && deno check && deno task -q test --no-check && " +
        "deno publish --dry-run --allow-dirty --no-check",
    },
    publish: { include: ["mod.ts", "README.md", "LICENSE", "deno.json"] },
    allowScripts: { deny: ["npm:core-js"] },
    fmt: { lineWidth: 100 },
  };
}

/**
 * The files of a new module, by name: source with documentation, a test against the conformance suite,
 * `deno.json` ready to publish, a task file, README and licence.
 *
 * @throws {RangeError} for a name or scope that cannot be
 */
export function moduleFiles(request: ModuleRequest): Map<string, string> {
  const { plugin, file, value, type } = moduleNames(request.name);
  if (!/^@[a-z][a-z0-9-]*$/.test(request.scope)) {
    throw new RangeError(
      `Cannot write a module: its scope must be "@" and small letters, got "${request.scope}"`,
    );
  }
  const template: Template = TEMPLATES[request.kind];
  const changed = template.task.reduce((text, [from, to]) => text.replace(from, to), task);
  const training = (text: string) =>
    template.trains ? FINETUNING.reduce((all, [from, to]) => all.replaceAll(from, to), text) : text;
  const files = {
    "mod.ts": template.source,
    "mod_test.ts": template.test,
    "task.ts": training(changed.replace("./masking/mod.ts", "./mod.ts")),
    "README.md": training(
      readme.replace("WHAT", template.what).replace("FLAGS", template.flags),
    ),
    "LICENSE": licence.replace("YEAR", String(new Date().getFullYear())),
    "deno.json": JSON.stringify(configuration(request.folder, template), null, 2) + "\n",
  };
  const named = (text: string) =>
    text.replaceAll("@scope", request.scope).replaceAll("my-module", plugin)
      .replaceAll("my_module", file).replaceAll("myModule", value).replaceAll("MyModule", type);
  return new Map(Object.entries(files).map(([name, text]) => [name, named(text)]));
}
