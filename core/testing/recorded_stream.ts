import type { RandomStream } from "../random/random_stream.ts";

/**
 * A stream of recorded uniform draws, with which a strategy repeats the recorded run's selection. It has no
 * other draws.
 */
export function recordedStream(draws: ArrayLike<number>): RandomStream {
  let next = 0;
  const uniform = () => {
    if (next >= draws.length) {
      throw new RangeError(
        `Cannot run the recorded case: only ${draws.length} draws were recorded`,
      );
    }
    return draws[next++];
  };
  const refuse = (what: string) => (): never => {
    throw new TypeError(
      `Cannot run the recorded case: ${what} was not recorded, only uniform draws were`,
    );
  };
  return {
    uniform,
    uniforms: (count) => Float64Array.from({ length: count }, uniform),
    integer: refuse("a whole number"),
    normal: refuse("a normal draw"),
    permutation: refuse("a permutation"),
    child: refuse("a child stream"),
  };
}
