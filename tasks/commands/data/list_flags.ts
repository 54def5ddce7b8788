import type { FlagSpecs, PositionalSpec } from "../line/command.ts";

/** Flags of commands that read an annotation list. */
export const LIST_FLAGS = {
  "data-root": {
    type: "path",
    value: "folder",
    help: "where relative paths of the list start (default: the folder of the list)",
  },
  workers: {
    type: "whole",
    value: "count",
    help: "ffmpeg processes at a time (default: one per processor core)",
  },
} as const satisfies FlagSpecs;

/** The annotation list that such a command is about. */
export const LIST_ARGUMENT: PositionalSpec = {
  name: "list",
  type: "path",
  help: "annotation list, a line per video: path label",
};
