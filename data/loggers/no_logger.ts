import { definePlugin, type Plugin } from "@videoms/core/plain";
import type { Logger, RunLogger } from "./logger.ts";

const NOWHERE: RunLogger = { write() {}, end() {} };

/**
 * Nothing beside the run's own log.
 *
 * @example
 * ```ts
 * import { noLogger } from "@videoms/data";
 *
 * console.assert(noLogger().name === "none");
 * ```
 */
export const noLogger: Plugin<"logger", Record<string, never>, Logger> = definePlugin({
  kind: "logger",
  name: "none",
  summary: "nothing beside the run's own log",
  defaults: {},
  create: (): Logger => ({ name: "none", open: () => Promise.resolve(NOWHERE) }),
});
