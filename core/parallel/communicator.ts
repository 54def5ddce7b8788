/** What a sum over all ranks took, in milliseconds. */
export interface SumTimes {
  /** Until the slowest rank was there, as far as it was waited for. */
  readonly waitMs: number;
  /** From then on: transfer and summation. */
  readonly transferMs: number;
}

/** Values that threads share. */
export type SharedValues = Float32Array<SharedArrayBuffer>;

/**
 * The processes of one run, its ranks. All ranks call the same methods in the same order; calls are queued, and none
 * holds up the calling thread.
 */
export interface Communicator extends AsyncDisposable {
  /** Number of this rank, from 0. */
  readonly rank: number;
  /** Number of ranks, N. */
  readonly size: number;
  /** Host name of every rank, [N]. */
  readonly hosts: readonly string[];
  /** One line on what connects the ranks. */
  readonly description: string;
  /**
   * Adds values of all ranks, in float32 in the order of the ranks, to this rank's part of totals, an N-th of them.
   * Neither may be touched until then; values are used up.
   *
   * @param values pieces that lie anywhere, as many and as long on every rank
   * @param totals as many and as long; may be the values
   * @param isFirst whether the sum starts anew
   * @throws {Error} if a rank does not answer within the time limit
   */
  collect(
    values: readonly SharedValues[],
    totals: readonly SharedValues[],
    isFirst: boolean,
  ): Promise<SumTimes>;
  /**
   * Puts every rank's part of totals into those of all others, so that all have the same bits.
   *
   * @throws {Error} if a rank does not answer within the time limit
   */
  share(totals: readonly SharedValues[]): Promise<SumTimes>;
  /** Bytes of every rank, [N], on every rank; waits for all of them, as long as they give signs of life. */
  gather(bytes: Uint8Array): Promise<Uint8Array[]>;
  /** Bytes of rank 0, on every rank; what the others pass is ignored. Waits as long as all give signs of life. */
  broadcast(bytes: Uint8Array): Promise<Uint8Array>;
  /**
   * Ends all ranks at once, this one too.
   *
   * @param code exit code, from 1 @default 1
   */
  abort(code?: number): Promise<void>;
}

/** Bytes to send to a rank. */
export interface Sending {
  /** The receiver. */
  readonly to: number;
  /** The bytes. */
  readonly bytes: Uint8Array;
}

/** Memory to fill with bytes from a rank. */
export interface Receiving {
  /** The sender. */
  readonly from: number;
  /** As long as what is sent. */
  readonly bytes: Uint8Array;
}

/** What carries bytes between ranks. */
export interface Transport {
  /** Number of this rank. */
  readonly rank: number;
  /** Number of ranks. */
  readonly size: number;
  /**
   * Sends and receives; done when all of it is. Several messages between two ranks arrive in order.
   *
   * @param limitMs milliseconds after which it fails, naming the ranks that did not answer
   */
  exchange(
    sendings: readonly Sending[],
    receivings: readonly Receiving[],
    limitMs?: number,
  ): Promise<void>;
}
