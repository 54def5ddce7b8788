import type { Program } from "../line/command.ts";

/** `deno task data`: the commands for lists, indexes and prepared videos. */
export const dataCommands: Program = {
  name: "deno task data",
  summary: "list, index, check and prepare videos, and time how fast they load",
  commands: [
    { name: "list", load: async () => (await import("./list/list_command.ts")).listCommand },
    { name: "index", load: async () => (await import("./index/index_command.ts")).indexCommand },
    {
      name: "verify",
      load: async () => (await import("./verify/verify_command.ts")).verifyCommand,
    },
    {
      name: "prepare",
      load: async () => (await import("./prepare/prepare_command.ts")).prepareCommand,
    },
    { name: "bench", load: async () => (await import("./bench/bench_command.ts")).benchCommand },
  ],
};
