import { backboneChecks } from "@videoms/models/testing";
import { myModule } from "./mod.ts";

for (const { name, run } of backboneChecks(myModule, { impossible: [{ expansion: 0 }] })) {
  // Devices stay open from test to test.
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn: run });
}
