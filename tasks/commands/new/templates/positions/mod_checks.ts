import { positionsChecks } from "@videoms/models/testing";
import { myModule } from "./mod.ts";

for (const { name, run } of positionsChecks(myModule, { impossible: [{ base: 1 }] })) {
  // Devices stay open from test to test.
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn: run });
}
