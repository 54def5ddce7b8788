import type { LoggedRun } from "@videoms/data";
import { type KeptScalar, loggerChecks } from "@videoms/data/testing";
import { myModule } from "./mod.ts";

/** Reads the table as any other program would. */
async function read({ folder }: LoggedRun): Promise<KeptScalar[]> {
  const text = await Deno.readTextFile(`${folder}/loggers/my_module.csv`);
  return text.trimEnd().split("\n").map((line) => {
    const [step, tag, value] = line.split(",");
    return [tag, Number(step), Number(value)];
  });
}

for (const { name, run } of loggerChecks(myModule, { read, impossible: [{ separator: "" }] })) {
  Deno.test(name, run);
}
