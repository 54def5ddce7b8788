/** A standard stream, as far as it is written to. */
export interface WritableBytes {
  /** Writes bytes and tells how many it took. */
  writeSync(bytes: Uint8Array): number;
}

/** Tries of a write to a stream that takes nothing at the moment, and milliseconds between two of them. */
const TRIES = 100;
const PAUSE_MS = 10;

/** Codes of errors after which a stream never takes anything again: no reader, no terminal, closed. */
const FINAL_CODES: readonly (string | undefined)[] = ["EPIPE", "EIO", "EBADF"];

/** What {@linkcode pause} waits on; nobody wakes it. */
const NEVER = new Int32Array(new SharedArrayBuffer(4));

function pause(ms: number): void {
  Atomics.wait(NEVER, 0, 0, ms);
}

/**
 * Writes texts to a stream. A write that fails is told to `onFailure` and not thrown; a stream that can never
 * work again is left alone from then on, others are tried again by the next text.
 *
 * Another program that has the same terminal open may have made it one that does not wait for its reader;
 * then this waits, up to a second.
 *
 * @returns writes a text, and tells whether all of it was taken
 */
export function streamWriter(
  stream: WritableBytes,
  onFailure: (error: unknown) => void,
): (text: string) => boolean {
  const encoder = new TextEncoder();
  let isGone = false;
  let isStuck = false;
  const writeAll = (text: string) => {
    let tries = isStuck ? 1 : TRIES; // a reader that has stopped must not slow down every line
    for (let bytes = encoder.encode(text); bytes.length > 0;) {
      try {
        bytes = bytes.subarray(stream.writeSync(bytes));
      } catch (error) {
        if (!(error instanceof Deno.errors.WouldBlock) || --tries <= 0) throw error;
        pause(PAUSE_MS);
      }
    }
  };
  return (text) => {
    if (isGone) return false;
    try {
      writeAll(text);
      isStuck = false;
      return true;
    } catch (error) {
      isGone = FINAL_CODES.includes((error as { code?: string }).code);
      isStuck = error instanceof Deno.errors.WouldBlock;
      onFailure(error);
      return false;
    }
  };
}
