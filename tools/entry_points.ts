/** Modules that the packages export, from the folder of the repository. */
export const ENTRY_POINTS: readonly string[] = [
  "core/mod.ts",
  "core/plain.ts",
  "core/testing.ts",
  "masking/mod.ts",
  "masking/frames/mod.ts",
  "masking/testing.ts",
  "models/mod.ts",
  "models/checkpoint/mod.ts",
  "models/testing.ts",
  "data/mod.ts",
  "data/files/mod.ts",
  "data/pictures/mod.ts",
  "data/testing.ts",
  "tasks/mod.ts",
  "tasks/commands/types.ts",
  "tasks/cli.ts",
];
