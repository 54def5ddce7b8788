import { definePlugin, type Plugin } from "@videoms/core/plain";
import type { LoggedRow, LoggedRun, Logger, RunLogger } from "./logger.ts";

/** Whether earlier processes of a run wrote event files. */
async function hasEvents(folder: string): Promise<boolean> {
  for await (const { name } of Deno.readDir(folder)) {
    if (name.startsWith("events.out.tfevents.") && name.endsWith(".videoms")) return true;
  }
  return false;
}

async function open(run: LoggedRun): Promise<RunLogger> {
  // What knows the format is loaded here, since threads that decode load this package and need none of it.
  const { imageValue, openEventFile, scalarValue, textValue } = await import("../events/mod.ts");
  const { folder, step, task } = run;
  const isFirst = !await hasEvents(folder);
  const file = await openEventFile(
    folder,
    isFirst ? 0 : step,
    (error) => run.onFailure("the event file", error),
  );
  const write = ({ step, scalars }: LoggedRow) =>
    file.write(step, scalars.map(({ tag, value }) => scalarValue(tag, value)));
  if (isFirst) run.earlier.forEach(write); // of a run that had another logger
  file.write(step, [textValue("task", "```json\n" + JSON.stringify(task, null, 2) + "\n```")]);
  return {
    write,
    picture: ({ step, path }) => file.write(step, [imageValue("picture", Deno.readFileSync(path))]),
    end: () => file[Symbol.dispose](),
  };
}

/**
 * Event files in the run folder, which TensorBoard reads as it is: numbers, pictures, and the task as text. Each start writes a
 * file of its own, whose beginning makes TensorBoard forget steps that come again.
 *
 * @example
 * ```ts
 * import { tensorboard } from "@videoms/data";
 *
 * console.assert(tensorboard().kind === "logger");
 * ```
 */
export const tensorboard: Plugin<"logger", Record<string, never>, Logger> = definePlugin({
  kind: "logger",
  name: "tensorboard",
  summary: "event files in the run folder, for TensorBoard",
  defaults: {},
  create: (): Logger => ({ name: "tensorboard", open }),
});
