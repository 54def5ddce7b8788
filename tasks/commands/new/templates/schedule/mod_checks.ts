import { scheduleChecks } from "@videoms/models/testing";
import { myModule } from "./mod.ts";

for (const { name, run } of scheduleChecks(myModule, { impossible: [{ power: 0 }] })) {
  Deno.test(name, run);
}
