import type { Receiving, Sending, Transport } from "./communicator.ts";
import { Heartbeats } from "./heartbeats.ts";
import type { Launch } from "./launch.ts";
import type { MpiLibrary } from "./mpi_library.ts";
import { LateRanksError, MpiRequests } from "./mpi_requests.ts";

/** All calls come from the thread that started MPI: MPI_THREAD_FUNNELED. */
const FUNNELED = 1;

const THREAD_LEVELS = ["single", "funneled", "serialized", "multiple"];

/** Looks at requests without a pause, after which the thread sleeps between two of them. */
const EAGER_LOOKS = 200;

/** A look that takes longer has moved data, in milliseconds: more is on its way. */
const BUSY_LOOK = 0.05;

/** Longest sleep between two looks in milliseconds, at first. A waiting rank must not take the core of one that computes. */
const LONGEST_SLEEP = 1;

/** Share of the time waited so far that a sleep may take later, and its limit in milliseconds. */
const [SLEEP_SHARE, LONGEST_LATE_SLEEP] = [0.005, 5];

const TAG = 1;

/** MPI on the thread that made it, by messages of bytes between two ranks each. */
export class MpiTransport implements Transport {
  readonly #library: MpiLibrary;
  readonly #handles: ReturnType<MpiLibrary["handles"]>;
  readonly #requests: MpiRequests;
  readonly #heartbeats: Heartbeats;
  readonly #limitMs: number;
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
   * @param limitMs milliseconds without a sign of life after which a rank does not answer
   * @param control its first value becomes the exit code of all ranks where they are to be ended
   * @throws {Error} if the library does not know the processes that the launcher started
   */
  constructor(
    library: MpiLibrary,
    launch: Launch,
    limitMs: number,
    control: Int32Array<SharedArrayBuffer>,
  ) {
    const { calls } = this.#library = library;
    this.#limitMs = limitMs;
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
    this.#requests = new MpiRequests(library, this.#handles);
    const { rank, size } = this;
    this.#heartbeats = new Heartbeats(this.#requests, { rank, size, limitMs });
  }

  /** Gives and takes signs of life; to be called again after so many milliseconds while nothing is exchanged. */
  look(): number {
    this.#heartbeats.look();
    return this.#heartbeats.pauseMs;
  }

  // deno-lint-ignore require-await -- looking for answers is MPI's only way to go on
  async exchange(
    sendings: readonly Sending[],
    receivings: readonly Receiving[],
    limitMs = Infinity,
  ): Promise<void> {
    const messages = [
      ...receivings.flatMap(({ from, bytes }) => this.#requests.receive(from, bytes, TAG)),
      ...sendings.flatMap(({ to, bytes }) => this.#requests.send(to, bytes, TAG)),
    ];
    const start = performance.now();
    this.#wait(() => {
      if (this.#requests.areDone(messages)) return true;
      if (performance.now() - start <= limitMs) return false;
      throw new LateRanksError(this.#requests.late(messages), limitMs);
    });
  }

  /** Waits while the others give signs of life. */
  #wait(isOver: () => boolean): void {
    let looks = 0;
    const start = performance.now();
    for (let before = start; !isOver();) {
      const now = performance.now();
      looks = now - before > BUSY_LOOK ? 0 : looks + 1;
      this.endIfTold();
      this.#heartbeats.look();
      const { silent } = this.#heartbeats;
      if (silent.length > 0) throw new LateRanksError(silent, this.#limitMs);
      const longest = Math.max(
        LONGEST_SLEEP,
        Math.min(LONGEST_LATE_SLEEP, SLEEP_SHARE * (now - start)),
      );
      const sleep = Math.min(longest, (looks - EAGER_LOOKS) / 20);
      if (sleep > 0) Atomics.wait(this.#control, 0, 0, sleep);
      before = performance.now();
    }
  }

  /** Ends all ranks where that is asked for; does not return then where the launcher kills this one. */
  endIfTold(): void {
    const code = Atomics.load(this.#control, 0);
    if (code !== 0) this.#library.calls.MPI_Abort(this.#handles.world, code);
  }

  /** Ends MPI; waits for all ranks. */
  finalize(): void {
    this.#wait(() => this.#heartbeats.leave());
    this.#wait(() => this.#heartbeats.isOver);
    this.#library.calls.MPI_Finalize();
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
