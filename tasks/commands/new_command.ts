import { isAbsolute, join, resolve } from "node:path";
import { type Command, defineCommand } from "./line/command.ts";
import { formatCommand } from "../output/progress/format_command.ts";
import { writeAtomically } from "@videoms/data/files";
import { MODULE_KINDS, moduleFiles } from "./new/module_files.ts";
import { moduleNames } from "./new/module_names.ts";

/** Refuses a folder that holds something. */
async function checkEmpty(folder: string): Promise<void> {
  let entries: Deno.DirEntry[];
  try {
    entries = await Array.fromAsync(Deno.readDir(folder));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  if (entries.length === 0) return;
  throw new Error(
    `Cannot make a module: ${folder} must be empty or not there, got ${
      entries.map(({ name }) => name).sort().slice(0, 3).join(", ")
    }. Choose another folder with --out.`,
  );
}

export const newCommand: Command = defineCommand({
  name: "new",
  summary: "make a module of your own: a strategy, selector, objective, backbone or data set",
  description: [
    "Writes a complete package into a folder of its own: source with documentation, a test against the " +
    "conformance suite of its kind, deno.json ready to publish, a task file that uses it, README and licence. " +
    "All of it works as it is; change it from there.",
  ],
  positionals: [
    { name: "kind", choices: MODULE_KINDS, help: MODULE_KINDS.join(", ") },
    { name: "name", help: 'words of small letters joined by "_" or "-", such as my_mask' },
  ],
  flags: {
    out: { type: "path", value: "folder", help: "where to (default ./<name>)" },
    scope: { type: "text", value: "@scope", help: "scope of the package (default @me)" },
  },
  examples: ["new masking my_mask", "new dataset my_videos --out ../my_videos --scope @ann"],
  async run({ flags: { out, scope = "@me" }, positionals: [kind, name], paths, output }) {
    const folder = out ?? paths.typed(moduleNames(name).file);
    const files = moduleFiles({
      kind: MODULE_KINDS.find((one) => one === kind)!,
      name,
      scope,
      folder: resolve(folder),
    });
    await checkEmpty(folder);
    await Deno.mkdir(folder, { recursive: true });
    for (const [file, text] of files) await writeAtomically(join(folder, file), text);
    const shown = isAbsolute(folder) ? folder : `./${folder}`;
    output.print(
      [
        `Made ${shown} with ${[...files.keys()].join(", ")}. Next:`,
        `  ${formatCommand("cd", shown)} && deno task test`,
        `  ${formatCommand("deno", "task", "pretrain", `${shown}/task.ts`)}`,
      ].join("\n"),
    );
  },
});
