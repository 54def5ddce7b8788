import { objectiveChecks } from "@videoms/models/testing";
import { myModule } from "./mod.ts";

for (const { name, run } of objectiveChecks(myModule, { impossible: [{ weight: 0 }] })) {
  // Devices stay open from test to test.
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn: run });
}
