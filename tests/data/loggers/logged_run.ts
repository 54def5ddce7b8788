import type { LoggedRun } from "@videoms/data";

/** A run that loggers are told of, with what does not matter. */
export function loggedRun(folder: string, known: Partial<LoggedRun> = {}): LoggedRun {
  return {
    id: "00112233445566778899aabbccddeeff",
    name: "small/pretrain",
    kind: "pretrain",
    folder,
    created: Date.UTC(2026, 10, 29, 0, 6, 12),
    step: 0,
    earlier: [],
    task: {},
    facts: {},
    onFailure(place, error) {
      throw new Error(place, { cause: error });
    },
    ...known,
  };
}
