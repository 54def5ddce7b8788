import { type ClipRequest, frameBytes } from "./clip_request.ts";

/**
 * A process per clip would spend its time on starting. Large clips decode for so long that beyond 24 a
 * process only waits longer for its last one; of small ones a start is worth many: 24 clips of 16 × 64 ×
 * 64 pixels took 0.21 s of a core, 96 took 0.50 s.
 */
const GROUP = { least: 12, most: 24, mostOfSmall: 96 };

/** Decoded bytes of a process up to which clips count as small. */
const SMALL_BYTES = 2 ** 25;

/** Clips that a process decodes at most, of so many bytes each. */
export function clipsPerProcess(clipBytes: number): number {
  const fitting = Math.floor(SMALL_BYTES / clipBytes);
  return Math.min(GROUP.mostOfSmall, Math.max(GROUP.most, fitting));
}

/** Clips of one file that a process decodes at most: they share the decoding, so more are worth it. */
const MOST_OF_A_FILE = 48;

/** Decoded bytes of a group, which wait in memory at the end; a single clip may have more. */
const MOST_BYTES = 2 ** 28;

/** Bytes that a clip is decoded to. */
function clipBytes(request: ClipRequest): number {
  return request.frames.length * frameBytes(request);
}

/**
 * Cuts requests into groups of neighbours, each for a process of its own: of about equal size, enough
 * for all processes, and cut between files where that can be, so that the clips of a file share its
 * decoding.
 */
export function clipGroups(requests: readonly ClipRequest[], processes: number): ClipRequest[][] {
  const share = Math.ceil(requests.length / processes);
  const most = clipsPerProcess(Math.max(1, ...requests.map(clipBytes)));
  const count = Math.ceil(requests.length / Math.min(most, Math.max(GROUP.least, share)));
  const target = Math.ceil(requests.length / count);
  const groups: ClipRequest[][] = [];
  let bytes = 0;
  for (const run of runsOfFiles(requests)) {
    const group = groups.at(-1);
    const runBytes = sum(run.map(clipBytes));
    bytes += runBytes;
    // Half of the run within the target: this cut is nearer to it than the next one.
    const alike = group?.[0].record.gaps === run[0].record.gaps; // damage is told in another way
    if (group && alike && group.length + run.length / 2 <= target && bytes <= MOST_BYTES) {
      group.push(...run);
    } else {
      groups.push([...run]);
      bytes = runBytes;
    }
  }
  return groups;
}

/** Neighbours of the same file, in pieces that a process can take. */
function runsOfFiles(requests: readonly ClipRequest[]): ClipRequest[][] {
  const runs: ClipRequest[][] = [];
  let bytes = 0;
  requests.forEach((request, i) => {
    const run = runs.at(-1);
    const sameFile = request.record.path === requests[i - 1]?.record.path;
    bytes += clipBytes(request);
    if (run && sameFile && run.length < MOST_OF_A_FILE && bytes <= MOST_BYTES) {
      run.push(request);
    } else {
      runs.push([request]);
      bytes = clipBytes(request);
    }
  });
  return runs;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
