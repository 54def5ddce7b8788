import { type DenoForeign, foreign } from "./foreign.ts";
import type { MpiLibrary } from "./mpi_library.ts";

/** Counts are 32-bit: larger messages go in pieces. */
const PIECE = 1 << 30;

/** Bytes of a request, whose handle is a number or a pointer. */
const REQUEST = 8;

/** Longer than the MPI_Status of any library. */
const STATUS_BYTES = 256;

/** A message under way, or a piece of one. */
export interface MpiMessage {
  readonly peer: number;
  readonly address: bigint;
  /** Kept, as MPI knows its address only. */
  readonly piece: Uint8Array;
  readonly handle: BigUint64Array;
  isDone: boolean;
}

/** Starts messages, and looks whether they have arrived; none of it waits. */
export class MpiRequests {
  readonly #deno: DenoForeign = foreign()!;
  readonly #calls: MpiLibrary["calls"];
  readonly #handles: ReturnType<MpiLibrary["handles"]>;
  readonly #flag = new Int32Array(1);
  readonly #status = new Uint8Array(STATUS_BYTES);

  /** @param handles of the library, which is started */
  constructor({ calls }: MpiLibrary, handles: ReturnType<MpiLibrary["handles"]>) {
    this.#calls = calls;
    this.#handles = handles;
  }

  /** Sends bytes, which must stay as they are until they are gone. */
  send(peer: number, bytes: Uint8Array, tag: number): MpiMessage[] {
    return this.#start(this.#calls.MPI_Isend, peer, bytes, tag);
  }

  /** Receives as many bytes as are sent. */
  receive(peer: number, bytes: Uint8Array, tag: number): MpiMessage[] {
    return this.#start(this.#calls.MPI_Irecv, peer, bytes, tag);
  }

  /**
   * Lets MPI go on; whether all is done. MPI goes on with all messages whichever is asked for, so the rest are not
   * where one is still under way.
   *
   * @throws {LateRanksError} if a connection is gone
   */
  areDone(messages: readonly MpiMessage[]): boolean {
    return messages.every((message) => this.#isDone(message));
  }

  /** The ranks whose messages are not done. */
  late(messages: readonly MpiMessage[]): number[] {
    const late = messages.filter((message) => !this.#isDone(message));
    return [...new Set(late.map(({ peer }) => peer))];
  }

  #isDone(message: MpiMessage): boolean {
    if (!message.isDone) {
      const code = this.#calls.MPI_Test(message.address, this.#flag, this.#status);
      requireAnswer(code, message.peer);
      message.isDone = this.#flag[0] !== 0;
    }
    return message.isDone;
  }

  #address(view: Uint8Array | BigUint64Array): bigint {
    return this.#deno.UnsafePointer.value(this.#deno.UnsafePointer.of(view));
  }

  #start(
    call: (...args: unknown[]) => unknown,
    peer: number,
    bytes: Uint8Array,
    tag: number,
  ): MpiMessage[] {
    const pieces = Math.max(1, Math.ceil(bytes.length / PIECE));
    const { byte, world } = this.#handles;
    return Array.from({ length: pieces }, (_, i) => {
      const piece = bytes.subarray(i * PIECE, (i + 1) * PIECE);
      const handle = new BigUint64Array(new ArrayBuffer(REQUEST));
      const message = { peer, handle, piece, address: this.#address(handle), isDone: false };
      const start = piece.length === 0 ? 0n : this.#address(piece);
      requireAnswer(call(start, piece.length, byte, peer, tag, world, message.address), peer);
      return message;
    });
  }
}

/** Ranks that do not answer. */
export class LateRanksError extends Error {
  override readonly name = "LateRanksError";

  /** @param limitMs how long they were waited for; 0 where their connection is gone */
  constructor(readonly ranks: readonly number[], readonly limitMs: number) {
    super(`no answer from ranks ${ranks.join(", ")}`);
  }
}

function requireAnswer(code: unknown, peer: number): void {
  if (code !== 0) throw new LateRanksError([peer], 0);
}
