import { packageExamples } from "./find_examples.ts";
import { testExamples } from "./run_examples.ts";

await testExamples(packageExamples("core"));
