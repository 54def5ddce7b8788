import { augmentationChecks } from "@videoms/data/testing";
import { myModule } from "./mod.ts";

for (const { name, run } of augmentationChecks(myModule, { impossible: [{ flip: 2 }] })) {
  Deno.test(name, run);
}
