/** The console's functions that write to each standard stream. */
const WRITERS = {
  "standard output": ["log", "info", "debug", "dir"],
  "standard error": ["warn", "error", "trace"],
} as const satisfies Record<string, readonly (keyof Console)[]>;

/**
 * Keeps what plugins and libraries print on the console of this thread from ending the work: it throws where
 * a disk is full or a terminal gone.
 *
 * @param onFailure called with the stream that could not be written to
 */
export function guardConsole(onFailure: (stream: string, error: unknown) => void): void {
  for (const [stream, names] of Object.entries(WRITERS)) {
    for (const name of names) {
      const write: (...values: unknown[]) => void = console[name];
      console[name] = (...values: unknown[]) => {
        try {
          write.apply(console, values);
        } catch (error) {
          onFailure(stream, error);
        }
      };
    }
  }
}
