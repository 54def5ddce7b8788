import type { RandomStream } from "../random/random_stream.ts";

/**
 * A stream that gives back recorded uniform draws, so that a strategy makes the choice that the
 * recorded run made. It has those draws only.
 */
export function recordedStream(draws: ArrayLike<number>): RandomStream {
  let next = 0;
  const uniform = () => {
    if (next >= draws.length) {
      throw new RangeError(`Cannot replay: only ${draws.length} draws were recorded`);
    }
    return draws[next++];
  };
  const refuse = (what: string) => (): never => {
    throw new TypeError(`Cannot replay: ${what} was not recorded, only uniform draws were`);
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
