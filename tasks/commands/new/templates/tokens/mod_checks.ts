import { tokensChecks } from "@videoms/masking/testing";
import { myModule } from "./mod.ts";

for (const { name, run } of tokensChecks(myModule, { impossible: [{ every: 0 }] })) {
  // Devices stay open from test to test.
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn: run });
}
