import type { Receiving, Sending, Transport } from "./communicator.ts";
import { type DenoForeign, foreign } from "./foreign.ts";
import type { Launch } from "./launch.ts";
import type { MpiLibrary } from "./mpi_library.ts";

/** All calls come from the thread that started MPI: MPI_THREAD_FUNNELED. */
const FUNNELED = 1;

const THREAD_LEVELS = ["single", "funneled", "serialized", "multiple"];

/** Counts are 32-bit: larger messages go in pieces. */
const PIECE = 1 << 30;

/** Looks at requests without a pause, after which the thread sleeps between two of them. */
const EAGER_LOOKS = 200;

/** A look that takes longer has moved data, in milliseconds: more is on its way. */
const BUSY_LOOK = 0.01;

/** Longest sleep between two looks, in milliseconds. A waiting rank must not take the core of one that computes. */
const LONGEST_SLEEP = 1;

const TAG = 1;

/** Bytes of a request, whose handle is a number or a pointer. */
const REQUEST = 8;

/** Longer than the MPI_Status of any library. */
const STATUS_BYTES = 256;

/** A message under way. */
interface Request {
  readonly peer: number;
  readonly address: bigint;
  isDone: boolean;
}

/** MPI on the thread that made it, by messages of bytes between two ranks each. */
export class MpiTransport implements Transport {
  readonly #deno: DenoForeign = foreign()!;
  readonly #library: MpiLibrary;
  readonly #handles: ReturnType<MpiLibrary["handles"]>;
  readonly #flag = new Int32Array(1);
  readonly #status = new Uint8Array(STATUS_BYTES);
  readonly #control: Int32Array<SharedArrayBuffer>;
  readonly rank: number;
  readonly size: number;
  /** What the library grants: "funneled". */
  readonly threadLevel: string;
  /** Name of this rank's host. */
  readonly host: string;

  /**
   * Starts MPI.
   *
   * @param control its first value becomes the exit code of all ranks where they are to be ended
   * @throws {Error} if the library does not know the processes that the launcher started
   */
  constructor(library: MpiLibrary, launch: Launch, control: Int32Array<SharedArrayBuffer>) {
    const { calls } = this.#library = library;
    this.#control = control;
    const number = new Int32Array(1);
    calls.MPI_Init_thread(0, 0, FUNNELED, number);
    this.threadLevel = THREAD_LEVELS[number[0]] ?? "unknown";
    this.#handles = library.handles();
    const { world, returnErrors } = this.#handles;
    calls.MPI_Comm_set_errhandler(world, returnErrors);
    calls.MPI_Comm_rank(world, number);
    this.rank = number[0];
    calls.MPI_Comm_size(world, number);
    this.size = number[0];
    const name = new Uint8Array(1024);
    calls.MPI_Get_processor_name(name, number);
    this.host = new TextDecoder().decode(name.subarray(0, number[0]));
    if (this.size !== launch.size) {
      calls.MPI_Finalize();
      throw new Error(wrongLauncher(library, launch, this.size));
    }
  }

  // deno-lint-ignore require-await -- looking for answers is MPI's only way to go on
  async exchange(
    sendings: readonly Sending[],
    receivings: readonly Receiving[],
    limitMs = Infinity,
  ): Promise<void> {
    const { MPI_Irecv, MPI_Isend } = this.#library.calls;
    const requests = [
      ...receivings.flatMap(({ from, bytes }) => this.#start(MPI_Irecv, from, bytes)),
      ...sendings.flatMap(({ to, bytes }) => this.#start(MPI_Isend, to, bytes)),
    ];
    const start = performance.now();
    let looks = 0;
    for (let before = start; !this.#look(requests);) {
      const now = performance.now();
      looks = now - before > BUSY_LOOK ? 0 : looks + 1;
      if (now - start > limitMs) {
        const late = [...new Set(requests.filter(({ isDone }) => !isDone).map(({ peer }) => peer))];
        throw new LateRanksError(late, limitMs);
      }
      const sleep = looks < EAGER_LOOKS ? 0 : Math.min(LONGEST_SLEEP, (looks - EAGER_LOOKS) / 20);
      if (sleep > 0) Atomics.wait(this.#control, 0, 0, sleep);
      this.#endIfTold();
      before = performance.now();
    }
  }

  /** Ends all ranks where that is asked for; does not return then where the launcher kills this one. */
  #endIfTold(): void {
    const code = Atomics.load(this.#control, 0);
    if (code !== 0) this.#library.calls.MPI_Abort(this.#handles.world, code);
  }

  /** Ends MPI; waits for all ranks. */
  finalize(): void {
    this.#library.calls.MPI_Finalize();
  }

  #address(view: Uint8Array | BigUint64Array): bigint {
    return this.#deno.UnsafePointer.value(this.#deno.UnsafePointer.of(view));
  }

  #start(call: (...args: unknown[]) => unknown, peer: number, bytes: Uint8Array): Request[] {
    const pieces = Math.max(1, Math.ceil(bytes.length / PIECE));
    const { byte, world } = this.#handles;
    return Array.from({ length: pieces }, (_, i) => {
      const piece = bytes.subarray(i * PIECE, (i + 1) * PIECE);
      const handle = new BigUint64Array(new ArrayBuffer(REQUEST));
      const request = { peer, handle, piece, address: this.#address(handle), isDone: false };
      const start = piece.length === 0 ? 0n : this.#address(piece);
      this.#check(call(start, piece.length, byte, peer, TAG, world, request.address), peer);
      return request;
    });
  }

  /** Lets MPI go on; whether all is done. */
  #look(requests: readonly Request[]): boolean {
    let isDone = true;
    for (const request of requests) {
      if (request.isDone) continue;
      const code = this.#library.calls.MPI_Test(request.address, this.#flag, this.#status);
      this.#check(code, request.peer);
      request.isDone = this.#flag[0] !== 0;
      isDone &&= request.isDone;
    }
    return isDone;
  }

  #check(code: unknown, peer: number): void {
    if (code !== 0) throw new LateRanksError([peer], 0);
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

function wrongLauncher(
  { version, library: file }: MpiLibrary,
  launch: Launch,
  size: number,
): string {
  const { launcher, size: started } = launch;
  const mend = launcher === "SLURM"
    ? "start them by srun --mpi=pmix or --mpi=pmi2, whichever that library was built with"
    : `install the library of ${launcher}, or start them by the mpirun of ${version}`;
  return `Cannot run on ${started} ranks: launcher and library must be of one MPI, got ${launcher} with ${version} ` +
    `(${file}), which sees ${size} of the ${started} processes; ${mend}`;
}
