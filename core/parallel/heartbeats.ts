import type { MpiMessage, MpiRequests } from "./mpi_requests.ts";

const TAG = 2;

/** Signs of life within the time limit, at least. */
const BEATS = 10;

/** Longest time between two signs of life, in milliseconds. */
const LONGEST_PAUSE = 10_000;

/** What a sign of life says. */
const [ALIVE, LEAVING] = [0, 1];

/** A rank that this one exchanges signs of life with. */
interface Peer {
  readonly rank: number;
  readonly bytes: Uint8Array;
  receiving: MpiMessage[];
  sending: MpiMessage[];
  /** When it was last heard, and when it was last sent a sign. */
  heard: number;
  sent: number;
  hasLeft: boolean;
}

function byte(value: number): Uint8Array {
  return new Uint8Array(new ArrayBuffer(1)).fill(value);
}

/**
 * Signs of life between rank 0 and each other rank, from the thread of MPI, whatever the main threads are at work on. A
 * rank that is stopped, or behind a link that is cut, gives none.
 */
export class Heartbeats {
  readonly #requests: MpiRequests;
  readonly #limitMs: number;
  readonly #peers: readonly Peer[];
  /** Milliseconds between two signs. */
  readonly pauseMs: number;
  /** Time that this process has been running: while it is stopped, or the machine sleeps, it misses nothing. */
  #time = 0;
  #before = performance.now();
  /** Ranks that have given no sign within the time limit. */
  silent: readonly number[] = [];

  /** @param limitMs milliseconds without a sign after which a rank counts as silent */
  constructor(
    requests: MpiRequests,
    { rank, size, limitMs }: { rank: number; size: number; limitMs: number },
  ) {
    this.#requests = requests;
    this.#limitMs = limitMs;
    this.pauseMs = Math.min(LONGEST_PAUSE, limitMs / BEATS);
    const others = rank > 0 ? [0] : Array.from({ length: size - 1 }, (_, i) => i + 1);
    this.#peers = others.map((rank) => {
      const bytes = byte(ALIVE);
      const receiving = requests.receive(rank, bytes, TAG);
      return { rank, bytes, receiving, sending: [], heard: 0, sent: -Infinity, hasLeft: false };
    });
  }

  /** Takes what has come and sends what is due; to be called more often than signs are due. */
  look(): void {
    const now = performance.now();
    const passed = now - this.#before;
    if (passed < this.pauseMs / 2) return;
    this.#before = now;
    this.#time += Math.min(passed, 2 * this.pauseMs);
    for (const peer of this.#peers) {
      this.#take(peer);
      if (this.#time - peer.sent >= this.pauseMs) this.#send(peer, ALIVE);
    }
    this.silent = this.#peers.filter(({ hasLeft, heard }) =>
      !hasLeft && this.#time - heard > this.#limitMs
    ).map(({ rank }) => rank);
  }

  /** Tells the others that this rank leaves; whether that is on its way. To be called until it is. */
  leave(): boolean {
    for (const peer of this.#peers) if (peer.sent < Infinity) this.#send(peer, LEAVING);
    return this.#peers.every(({ sent }) => sent === Infinity);
  }

  /** Whether all others have left, so that no message is under way. */
  get isOver(): boolean {
    return this.#peers.every((peer) => {
      this.#take(peer);
      return peer.hasLeft && this.#requests.areDone(peer.sending);
    });
  }

  #take(peer: Peer): void {
    while (!peer.hasLeft && this.#requests.areDone(peer.receiving)) {
      peer.heard = this.#time;
      peer.hasLeft = peer.bytes[0] === LEAVING;
      if (!peer.hasLeft) peer.receiving = this.#requests.receive(peer.rank, peer.bytes, TAG);
    }
  }

  /** Sends a sign unless the one before is still on its way. */
  #send(peer: Peer, sign: number): void {
    if (!this.#requests.areDone(peer.sending)) return;
    peer.sending = this.#requests.send(peer.rank, byte(sign), TAG);
    peer.sent = sign === LEAVING ? Infinity : this.#time;
  }
}
