/**
 * A logger for VideoMS.
 *
 * @module
 */

import { definePlugin, type Plugin } from "@videoms/core";
import type { LoggedRow, LoggedRun, Logger, RunLogger } from "@videoms/data";

/** Options of {@linkcode myModule}. */
export interface MyModuleOptions {
  /** What stands between two columns. @default "," */
  separator: string;
}

/** Opens the table: what earlier processes of the run wrote is written anew, as far as it counts. */
async function open(
  { folder, earlier, onFailure }: LoggedRun,
  { separator }: MyModuleOptions,
): Promise<RunLogger> {
  const path = `${folder}/loggers/my_module.csv`; // a fresh start deletes what lies there
  const lines = ({ step, scalars }: LoggedRow) =>
    scalars.map(({ tag, value }) => [step, tag, value].join(separator) + "\n").join("");
  await Deno.mkdir(`${folder}/loggers`, { recursive: true });
  await Deno.writeTextFile(path, earlier.map(lines).join(""));
  return {
    write(row) {
      try {
        Deno.writeTextFileSync(path, lines(row), { append: true });
      } catch (error) {
        onFailure(path, error);
      }
    },
    end() {},
  };
}

/** A table in the run folder: a line for each number, with its step and name. */
export const myModule: Plugin<"logger", MyModuleOptions, Logger> = definePlugin({
  kind: "logger",
  name: "my-module",
  summary: "a table with a line for each number",
  defaults: { separator: "," },
  help: { separator: "what stands between two columns, one sign" },
  create(options: MyModuleOptions): Logger {
    if (options.separator.length !== 1) {
      throw new RangeError(
        `Cannot build logger "my-module": separator must be one sign, got "${options.separator}"`,
      );
    }
    return { name: "my-module", open: (run) => open(run, options) };
  },
});
