import { isAbsolute, join, resolve } from "node:path";
import { folderEntries, writeAtomically } from "@videoms/data/files";
import { formatCommand } from "@videoms/core/plain";
import { type Command, defineCommand } from "@videoms/data/console";
import { MODULE_KINDS, moduleFiles, type ModuleKind, trainingCommand } from "./new/module_files.ts";
import { moduleNames } from "./new/module_names.ts";

async function checkEmpty(folder: string): Promise<void> {
  const names = (await folderEntries(folder)).map(({ name }) => name);
  if (names.length === 0) return;
  throw new Error(
    `Cannot write a module: ${folder} must be empty or not there, got ${
      names.slice(0, 3).join(", ")
    }. ` +
      "Choose another folder with --out.",
  );
}

export const command: Command = defineCommand({
  summary:
    "write a module of your own: a plugin of any kind, such as a strategy, an optimiser or a data set",
  description: [
    "Writes a complete package into a folder of its own: source with documentation, a test against the " +
    "conformance suite of its kind, deno.json ready to publish, a task file that uses it, README and licence. " +
    "It passes its tests as it is; start your changes there.",
  ],
  positionals: [
    { name: "kind", choices: MODULE_KINDS, help: MODULE_KINDS.join(", ") },
    { name: "name", help: 'words of small letters joined by "_" or "-", such as my_mask' },
  ],
  flags: {
    out: { type: "folder", help: "folder of the module (default ./<name>)" },
    scope: { type: "text", value: "@scope", default: "@me", help: "scope of the package" },
  },
  examples: ["new masking my_mask", "new dataset my_videos --out ../my_videos --scope @ann"],
  async run({ flags: { out, scope }, positionals: [kind, name], paths, output }) {
    const folder = out ?? paths.typed(moduleNames(name).file);
    const files = moduleFiles({ kind: kind as ModuleKind, name, scope, folder: resolve(folder) });
    await checkEmpty(folder);
    await Deno.mkdir(folder, { recursive: true });
    for (const [file, text] of files) await writeAtomically(join(folder, file), text);
    const shown = isAbsolute(folder) ? folder : `./${folder}`;
    output.print(
      [
        `Made ${shown} with ${[...files.keys()].join(", ")}. Next:`,
        `  ${formatCommand("cd", shown)} && deno task test`,
        `  ${
          formatCommand("deno", "task", trainingCommand(kind as ModuleKind), `${shown}/task.ts`)
        }`,
      ].join("\n"),
    );
  },
});
