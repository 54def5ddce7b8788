import { type ClipRequest, frameBytes } from "./clip_request.ts";

/**
 * A process per clip would spend its time on start-up. Large clips take so long that more than 24 per process
 * only delay the last one; for small clips, start-up costs as much as many clips: 24 clips of 16 × 64 × 64
 * pixels took 0.21 s of a core, 96 took 0.50 s.
 */
const GROUP = { most: 24, mostOfSmall: 96 };

/** Decoded bytes per process up to which clips count as small. */
const SMALL_BYTES = 2 ** 25;

/** Maximum number of clips of a given size per process. */
export function clipsPerProcess(clipBytes: number): number {
  const fitting = Math.floor(SMALL_BYTES / clipBytes);
  return Math.min(GROUP.mostOfSmall, Math.max(GROUP.most, fitting));
}

/** Maximum number of clips of one file per process; they share decoding, so more pay off. */
const MOST_OF_A_FILE = 48;

/** Maximum decoded bytes of a group, which are in memory at the end; a single clip may have more. */
const MOST_BYTES = 2 ** 28;

/** Bytes of a decoded clip. */
function clipBytes(request: ClipRequest): number {
  return request.frames.length * frameBytes(request);
}

/**
 * Splits requests into groups of consecutive ones, one process each: of about equal size, enough for all
 * processes, and split between files where possible, so that the clips of a file share decoding.
 */
export function clipGroups(requests: readonly ClipRequest[], processes: number): ClipRequest[][] {
  const share = Math.ceil(requests.length / processes);
  const most = clipsPerProcess(Math.max(1, ...requests.map(clipBytes)));
  // With less than half of what a process may have, it would spend its time on start-up.
  const count = Math.ceil(requests.length / Math.min(most, Math.max(most / 2, share)));
  const target = Math.ceil(requests.length / count);
  const groups: ClipRequest[][] = [];
  let bytes = 0;
  for (const run of runsOfFiles(requests)) {
    const group = groups.at(-1);
    const runBytes = sum(run.map(clipBytes));
    bytes += runBytes;
    // With half of the run within the target, this split is closer to it than the next one.
    const alike = group?.[0].record.gaps === run[0].record.gaps; // damage is detected differently
    if (group && alike && group.length + run.length / 2 <= target && bytes <= MOST_BYTES) {
      group.push(...run);
    } else {
      groups.push([...run]);
      bytes = runBytes;
    }
  }
  return groups;
}

/** Consecutive requests for the same file, in pieces that fit a process. */
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
