/** What the console's functions write to. */
const STREAMS = {
  log: "standard output",
  info: "standard output",
  debug: "standard output",
  dir: "standard output",
  warn: "standard error",
  error: "standard error",
  trace: "standard error",
} as const satisfies Partial<Record<keyof Console, string>>;

/**
 * Keeps what plugins and libraries say on the console of this thread from ending the work: it throws where
 * a disk is full or a terminal gone.
 *
 * @param onFailure called with the stream that could not be written to
 */
export function guardConsole(onFailure: (stream: string, error: unknown) => void): void {
  for (const [name, stream] of Object.entries(STREAMS)) {
    const write: (...values: unknown[]) => void = console[name as keyof typeof STREAMS];
    console[name as keyof typeof STREAMS] = (...values: unknown[]) => {
      try {
        write.apply(console, values);
      } catch (error) {
        onFailure(stream, error);
      }
    };
  }
}
