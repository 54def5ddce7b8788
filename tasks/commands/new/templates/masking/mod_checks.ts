import { maskingChecks } from "@videoms/masking/testing";
import { myModule } from "./mod.ts";

const checks = maskingChecks(myModule, { impossible: [{ maskRatio: 0 }, { maskRatio: 1 }] });

for (const { name, run } of checks) {
  // Devices stay open from test to test.
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn: run });
}
