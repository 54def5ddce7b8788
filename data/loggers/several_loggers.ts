import { definePlugin, type Descriptor, type MakePart, type Plugin } from "@videoms/core/plain";
import type { Logger } from "./logger.ts";
import { openLogger } from "./open_logger.ts";

/** Options of {@linkcode severalLoggers}. */
export interface SeveralLoggersOptions {
  /** The loggers: names, or what their plugins give with options. @default [] */
  loggers: readonly (string | Descriptor<"logger">)[];
}

function createSeveral({ loggers }: Readonly<SeveralLoggersOptions>, make?: MakePart): Logger {
  if (loggers.length === 0 || !make) {
    throw new RangeError(
      `Cannot build logger "several": loggers must be a list of one or more, got ${
        JSON.stringify(loggers)
      }`,
    );
  }
  const parts = loggers.map((one) =>
    make<Logger>("logger", typeof one === "string" ? { name: one } : one)
  );
  return {
    name: "several",
    async open(run) {
      // Each by itself, so that one that fails costs the others nothing.
      const opened = await Promise.all(parts.map((one) => openLogger(one, run)));
      return {
        write: (row) => opened.forEach((one) => one.write(row)),
        picture: (picture) => opened.forEach((one) => one.picture?.(picture)),
        end: (how) => opened.forEach((one) => one.end(how)),
      };
    },
  };
}

/**
 * Several loggers at once.
 *
 * @throws {RangeError} if there is none, or one of no known name
 * @example
 * ```ts
 * import { mlflow, severalLoggers } from "@videoms/data";
 *
 * const logger = severalLoggers({ loggers: ["tensorboard", mlflow({ experiment: "masks" })] });
 * console.assert(logger.options.loggers !== undefined);
 * ```
 */
export const severalLoggers: Plugin<"logger", SeveralLoggersOptions, Logger> = definePlugin<
  "logger",
  SeveralLoggersOptions,
  Logger
>({
  kind: "logger",
  name: "several",
  summary: "several loggers at once",
  defaults: { loggers: [] },
  help: { loggers: "the loggers, a list of names or of { name, options }" },
  create: createSeveral,
});
