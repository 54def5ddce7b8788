/**
 * The thread that alone calls MPI, so that ranks exchange gradients while the main thread computes.
 *
 * @module
 */

import { findMpi } from "./mpi_library.ts";
import type { MpiAnswer, MpiRequest } from "./mpi_messages.ts";
import { LateRanksError } from "./mpi_requests.ts";
import { MpiTransport } from "./mpi_transport.ts";
import {
  broadcastFromFirst,
  gatherFromRanks,
  type RankSums,
  sumsOverRanks,
} from "./rank_collectives.ts";

const scope = globalThis as unknown as {
  onmessage: (event: { data: MpiRequest }) => void;
  postMessage(answer: MpiAnswer): void;
};

let transport: MpiTransport;
let sums: RankSums;
let beating: ReturnType<typeof setTimeout>;

async function open(request: Extract<MpiRequest, { kind: "open" }>): Promise<MpiAnswer> {
  const { launch, control, limitMs } = request;
  const { library, problem } = findMpi(launch.launcher);
  if (!library) {
    throw new Error(
      `Cannot run on ${launch.size} ranks: the library of ${launch.launcher} must be installed, got: ${problem}; ` +
        "VIDEOMS_MPI=<file> names one that is elsewhere",
    );
  }
  transport = new MpiTransport(library, launch, limitMs, new Int32Array(control));
  sums = sumsOverRanks(transport, limitMs);
  beat();
  const { rank, size, host, threadLevel } = transport;
  const hosts = await gatherFromRanks(transport, new TextEncoder().encode(host));
  return {
    kind: "opened",
    rank,
    size,
    hosts: hosts.map((bytes) => new TextDecoder().decode(bytes)),
    description: `${library.version} (${library.library}), thread level ${threadLevel}`,
  };
}

/** Signs of life while nothing is exchanged. */
function beat(): void {
  try {
    const pauseMs = transport.look();
    beating = setTimeout(beat, pauseMs);
  } catch {
    // A connection is gone: the next exchange tells.
  }
}

async function answer(request: MpiRequest): Promise<MpiAnswer> {
  switch (request.kind) {
    case "open":
      return await open(request);
    case "collect": {
      const { values, totals, isFirst } = request;
      return { kind: "summed", times: await sums.collect(values, totals, isFirst) };
    }
    case "share":
      return { kind: "summed", times: await sums.share(request.totals) };
    case "gather":
      return { kind: "gathered", parts: await gatherFromRanks(transport, request.bytes) };
    case "broadcast":
      return { kind: "gathered", parts: [await broadcastFromFirst(transport, request.bytes)] };
    case "close":
      clearTimeout(beating);
      transport.finalize();
      return { kind: "closed" };
    case "end":
      transport.endIfTold();
      return { kind: "closed" };
  }
}

let before: Promise<void> = Promise.resolve();

scope.onmessage = ({ data: request }) => {
  before = before.then(() => answer(request)).then(
    (result) => scope.postMessage(result),
    (error) => {
      const ranks = error instanceof LateRanksError ? error.ranks : [];
      scope.postMessage({ kind: "failed", message: (error as Error).message, ranks });
    },
  );
};
