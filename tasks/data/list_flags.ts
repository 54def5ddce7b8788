import type { FlagSpecs } from "../command_line/command.ts";

/** Flags of commands that read an annotation list. */
export const LIST_FLAGS = {
  "data-root": {
    type: "text",
    value: "folder",
    help: "where relative paths of the list start (default: the folder of the list)",
  },
  workers: {
    type: "whole",
    value: "count",
    help: "ffmpeg processes at a time (default: one per processor core)",
  },
} as const satisfies FlagSpecs;

/** Where the index of videos is kept, from the current folder; runs use the same. */
export const INDEX_CACHE = ".videoms/video-index.jsonl";
