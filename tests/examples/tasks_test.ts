import { examplesOf, packageExamples } from "./find_examples.ts";
import { testExamples } from "./run_examples.ts";

await testExamples([
  ...packageExamples("tasks"),
  ...examplesOf("mod.ts"),
  ...examplesOf("README.md"),
]);
