import { appendWhole } from "./append_whole.ts";

/** Bytes that wait for room on the disk at most; what comes on top is lost. */
const MOST_WAITING = 16 * 2 ** 20;

/**
 * A file that grows by whole pieces, also on a disk that fills up: a piece of which only the front could be
 * written is taken back, and waits with those after it until there is room again. Nothing throws, since a log
 * must not end the work that it is about.
 */
export class AppendFile {
  readonly #file: Deno.FsFile;
  readonly #onFailure: (error: unknown) => void;
  readonly #isSynced: boolean;
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** Bytes of whole pieces. */
  #length: number;
  #isOpen = true;

  /**
   * Takes a file over.
   *
   * @param file opened for appending
   * @param onFailure called with every error
   * @param sync whether a piece is on the disk once it is written
   */
  constructor(
    file: Deno.FsFile,
    onFailure: (error: unknown) => void,
    { sync }: { sync: boolean },
  ) {
    this.#file = file;
    this.#onFailure = onFailure;
    this.#isSynced = sync;
    this.#length = file.statSync().size;
  }

  /**
   * Appends a piece, after those that wait.
   *
   * @returns whether it is written or waits, and is not lost
   */
  append(piece: Uint8Array): boolean {
    const isKept = this.#waitingBytes + piece.length <= MOST_WAITING;
    if (isKept) {
      this.#waiting.push(piece);
      this.#waitingBytes += piece.length;
    }
    this.#writeWaiting();
    return isKept;
  }

  /** Closes the file; harmless when it is closed already. */
  close(): void {
    if (!this.#isOpen) return;
    if (this.#waiting.length > 0) this.#writeWaiting();
    this.#isOpen = false;
    this.#file.close();
  }

  #writeWaiting(): void {
    try {
      for (const piece of [...this.#waiting]) {
        appendWhole(this.#file, this.#length, piece);
        this.#length += piece.length;
        this.#waiting.shift();
        this.#waitingBytes -= piece.length;
      }
      if (this.#isSynced) this.#file.syncDataSync();
    } catch (error) {
      this.#onFailure(error);
    }
  }
}
